-- What the mesh refused to let out: who tried, where to, how often. An empty host is one that the proxy could not know. Change the dates; the second is not included.
SELECT
  "date",
  target,
  sourceNamespace,
  sourceWorkload,
  destinationHost,
  protocol,
  sum(requests) AS refusedRequests,
  sum(connectionsClosed) AS refusedConnections,
  sum(requests) + sum(connectionsClosed) AS attempts
FROM egress
WHERE "date" >= '2026-11-01'
  AND "date" < '2026-12-01'
  AND destinationClass = 'blocked'
GROUP BY "date", target, sourceNamespace, sourceWorkload, destinationHost, protocol
ORDER BY "date", attempts DESC, target, sourceNamespace, sourceWorkload, destinationHost, protocol
