-- Who called one host: which workloads, when, and how much. Change the host and the dates; the second is not included.
SELECT
  target,
  sourceNamespace,
  sourceWorkload,
  destinationClass,
  protocol,
  min("date") AS firstDate,
  max("date") AS lastDate,
  sum(requests) AS totalRequests,
  sum(connectionsOpened) AS totalConnections,
  sum(egressBytes) AS totalEgressBytes,
  sum(ingressBytes) AS totalIngressBytes
FROM egress
WHERE "date" >= '2026-11-01'
  AND "date" < '2026-12-01'
  AND destinationHost = 'api.stripe.com'
GROUP BY target, sourceNamespace, sourceWorkload, destinationClass, protocol
ORDER BY totalEgressBytes DESC, target, sourceNamespace, sourceWorkload, destinationClass, protocol
