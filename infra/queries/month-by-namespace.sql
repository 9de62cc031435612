-- What each namespace sent out in each month, and how much of it no ServiceEntry names. Change the dates; the second is not included.
SELECT
  substr(CAST("date" AS varchar), 1, 7) AS calendarMonth,
  target,
  sourceNamespace,
  sum(requests) AS totalRequests,
  sum(egressBytes) AS totalEgressBytes,
  sum(ingressBytes) AS totalIngressBytes,
  sum(CASE WHEN destinationClass = 'passthrough' THEN egressBytes ELSE 0 END) AS passthroughEgressBytes
FROM egress
WHERE "date" >= '2026-01-01'
  AND "date" < '2027-01-01'
GROUP BY substr(CAST("date" AS varchar), 1, 7), target, sourceNamespace
ORDER BY calendarMonth, totalEgressBytes DESC, target, sourceNamespace
