-- Recheck of every share and every fen, without the program that divided them.
--
-- How to run it, in the folder that holds this file (nothing is changed there):
--   SQLite   sqlite3 :memory: ".read recheck/load-sqlite.sql" ".read recheck.sql"
--   DuckDB   duckdb -c ".read recheck/tables.sql" -c ".read recheck/load-duckdb.sql" -c ".read recheck.sql"
-- The first answer says how many figures were checked, and how many have no working to check. The second lists what does
-- not agree: rule, subject, expected, found. If it is empty, everything agrees.
--
-- How money is divided. An amount A among weights w that sum to W: everybody gets the whole fen of the exact share A*w/W
-- (the floor q). The fen left over go one by one to the largest claims. A claim is the fraction beyond the floor, plus what
-- was carried over from the pool's last pot, in millionths of a fen; of equal claims the one listed first (or whose name
-- comes first) is served first. What a claim did not get is carried to the pool's next pot. A negative amount is divided as
-- if it were positive.
-- Integers only, and no division: that q is the floor of A*w/W is checked as q*W <= A*w < (q+1)*W.
--
-- Not rechecked here: weights themselves (heads, days, area: see the register), how much is set aside for reserves, and
-- whether caps and guarantees were due.

-- ---------------------------------------------------------------- splits: sales by the rule, pots by their keys

-- Every part with its share (w of W) of the amount A above it; s is the sign, x the part, both without sign.
CREATE TABLE split AS
SELECT p.document, p.above, p.node, n.place, n.numerator AS w, n.denominator AS w_sum,
       CASE WHEN a.amount_fen < 0 THEN -1 ELSE 1 END AS s,
       CASE WHEN a.amount_fen < 0 THEN -a.amount_fen ELSE a.amount_fen END AS a,
       CASE WHEN a.amount_fen < 0 THEN -p.amount_fen ELSE p.amount_fen END AS x
FROM parts p
JOIN parts a ON a.document = p.document AND a.base = p.base AND a.period = p.period AND a.node = p.above
JOIN periods t ON t.period = p.period
JOIN shares n ON n.rule = t.rule AND n.node = p.node AND n.above = p.above
UNION ALL
SELECT p.document, p.above, p.node, r.place, 1, r."count",
       CASE WHEN a.amount_fen < 0 THEN -1 ELSE 1 END,
       CASE WHEN a.amount_fen < 0 THEN -a.amount_fen ELSE a.amount_fen END,
       CASE WHEN a.amount_fen < 0 THEN -p.amount_fen ELSE p.amount_fen END
FROM parts p
JOIN parts a ON a.document = p.document AND a.base = p.base AND a.period = p.period AND a.node = p.above
JOIN recipients r ON r.base = p.base AND r.receiver = p.receiver AND r.receiver_id = p.receiver_id
                 AND p.node = p.above || '/' || CAST(r.place AS TEXT);

-- The floor q is x, or x - 1 for who got a left-over fen; rest is what lies beyond the floor.
CREATE TABLE split_rank AS
SELECT *, ROW_NUMBER() OVER (PARTITION BY document, above ORDER BY a * w - (x - extra) * w_sum DESC, place) AS nth,
       SUM(extra) OVER (PARTITION BY document, above) AS left_over
FROM (SELECT *, CASE WHEN x * w_sum > a * w THEN 1 ELSE 0 END AS extra FROM split) AS each_part;

CREATE VIEW wrong_split AS
SELECT 'each part is its share, less or more than a fen' AS rule, document || ', node ' || node AS subject,
       'from the floor of ' || CAST(a AS TEXT) || ' * ' || CAST(w AS TEXT) || '/' || CAST(w_sum AS TEXT) || ' to a fen more' AS expected,
       CAST(s * x AS TEXT) AS found
FROM split_rank WHERE NOT ((x - extra) * w_sum <= a * w AND a * w < (x - extra + 1) * w_sum)
UNION ALL
SELECT 'left-over fen go to the largest remainders, then as listed', document || ', node ' || node,
       CASE WHEN nth <= left_over THEN 'a fen above the floor' ELSE 'the floor' END, CAST(s * x AS TEXT)
FROM split_rank WHERE extra <> CASE WHEN nth <= left_over THEN 1 ELSE 0 END
UNION ALL
SELECT 'parts sum to their whole', document || ', below ' || above, CAST(s * a AS TEXT), CAST(SUM(s * x) AS TEXT)
FROM split GROUP BY document, above, s, a HAVING SUM(s * x) <> s * a
UNION ALL
SELECT 'figures are small enough for exact integers', document || ', node ' || node, 'below 9000000000000000000',
       CAST(a AS TEXT) || ' * ' || CAST(w_sum AS TEXT)
FROM split WHERE CAST(a AS DOUBLE PRECISION) * w_sum > 9.0e18
UNION ALL
SELECT 'every part has a share in the rule', p.document || ', node ' || p.node, 'one share', CAST(COUNT(s.node) AS TEXT)
FROM parts p LEFT JOIN split s ON s.document = p.document AND s.above = p.above AND s.node = p.node
WHERE p.above <> '' GROUP BY p.document, p.node HAVING COUNT(s.node) <> 1
UNION ALL
SELECT 'every share of the rule is handed out', p.document || ', below ' || p.node,
       CAST(COUNT(s.node) AS TEXT) || ' parts', CAST(COUNT(c.node) AS TEXT) || ' parts'
FROM parts p JOIN periods t ON t.period = p.period
JOIN shares s ON s.rule = t.rule AND s.above = p.node
LEFT JOIN parts c ON c.document = p.document AND c.node = s.node AND c.above = s.above
GROUP BY p.document, p.node HAVING COUNT(s.node) <> COUNT(c.node)
UNION ALL
SELECT 'shares of a rule sum to 1', rule || ', below ' || above, CAST(denominator AS TEXT), CAST(SUM(numerator) AS TEXT)
FROM shares GROUP BY rule, above, denominator HAVING SUM(numerator) <> denominator;

-- ---------------------------------------------------------------- what was booked

CREATE VIEW wrong_booking AS
SELECT 'a sale is divided once, and wholly' AS rule, document || ', ' || base || ', ' || period AS subject,
       CAST(SUM(sold) AS TEXT) AS expected, CAST(SUM(divided) AS TEXT) AS found
FROM (SELECT s.sale AS document, s.base, s.period, s.amount_fen AS sold, 0 AS divided
      FROM sales s JOIN periods t ON t.period = s.period WHERE t.basis = 'gross'
      UNION ALL
      SELECT p.document, p.base, p.period, 0, p.amount_fen
      FROM parts p JOIN periods t ON t.period = p.period WHERE p.node = 'sales' AND t.basis = 'gross') AS both_sides
GROUP BY document, base, period HAVING SUM(sold) <> SUM(divided)
UNION ALL
SELECT 'a sale is booked as it was made', document, CAST(SUM(sold) AS TEXT), CAST(SUM(booked) AS TEXT)
FROM (SELECT sale AS document, amount_fen AS sold, 0 AS booked FROM sales
      WHERE EXISTS (SELECT 1 FROM lines WHERE account = 'sale')
      UNION ALL SELECT document, 0, amount_fen FROM lines WHERE account = 'sale') AS both_sides
GROUP BY document HAVING SUM(sold) <> SUM(booked)
UNION ALL
SELECT 'each party is booked its part', document || ' to ' || receiver || ' ' || receiver_id,
       CAST(SUM(part) AS TEXT), CAST(SUM(booked) AS TEXT)
FROM (SELECT document, receiver, receiver_id, amount_fen AS part, 0 AS booked FROM parts
      WHERE receiver_id <> ''
      UNION ALL
      SELECT document, receiver, receiver_id, 0, amount_fen FROM lines WHERE account = 'split' AND payer = 'clearing'
     ) AS both_sides
GROUP BY document, receiver, receiver_id HAVING SUM(part) <> SUM(booked)
UNION ALL
SELECT 'what was sold leaves the clearing account', base, CAST(SUM(came) AS TEXT), CAST(SUM(went) AS TEXT)
FROM (SELECT base, amount_fen AS came, 0 AS went FROM sales WHERE EXISTS (SELECT 1 FROM shares)
      UNION ALL SELECT receiver_id, amount_fen, 0 FROM lines WHERE receiver = 'clearing' AND account <> 'sale'
      UNION ALL SELECT payer_id, 0, amount_fen FROM lines WHERE payer = 'clearing') AS both_sides
GROUP BY base HAVING SUM(came) <> SUM(went)
UNION ALL
SELECT 'every pot is paid out', source || ' ' || pot, CAST(SUM(came) AS TEXT), CAST(SUM(went) AS TEXT)
FROM (SELECT receiver AS source, receiver_id AS pot, amount_fen AS came, 0 AS went FROM lines
      WHERE receiver IN ('pot', 'wages', 'landholders', 'guarantee')
      UNION ALL SELECT payer, payer_id, 0, amount_fen FROM lines WHERE payer IN ('pot', 'wages', 'landholders', 'guarantee')
      UNION ALL SELECT source, pot, 0, amount_fen FROM entitlements WHERE pot <> '' AND outside = 0) AS both_sides
GROUP BY source, pot HAVING SUM(came) <> SUM(went)
UNION ALL
SELECT 'the keys divide what is in the pot', pot, CAST(SUM(came) AS TEXT), CAST(SUM(divided) AS TEXT)
FROM (SELECT receiver_id AS pot, amount_fen AS came, 0 AS divided FROM lines WHERE receiver = 'pot'
      UNION ALL SELECT payer_id, -amount_fen, 0 FROM lines WHERE payer = 'pot' AND receiver = 'reserve' AND account = 'reserve'
      UNION ALL SELECT document, 0, amount_fen FROM parts WHERE node = 'pot') AS both_sides
GROUP BY pot HAVING SUM(came) <> SUM(divided);

-- ---------------------------------------------------------------- households

-- What each row of a pot divides, without sign: A of weight w in W; r is what lies beyond the floor, frac the fraction
-- claimed for it.
CREATE TABLE worked AS
SELECT e.*, s * part_fen AS a, s * floor_fen AS q, s * part_fen * weight - s * floor_fen * weight_sum AS r,
       s * claim - s * carry_in AS frac, s * claim AS c, s * extra AS one,
       ROW_NUMBER() OVER (PARTITION BY source, pot, "key" ORDER BY s * claim DESC, outside, household, place) AS nth,
       SUM(s * extra) OVER (PARTITION BY source, pot, "key") AS left_over,
       LAG(carry_out) OVER (PARTITION BY pool, household ORDER BY time, place) AS carried,
       LAG(round) OVER (PARTITION BY pool, household ORDER BY time, place) AS last_round
FROM (SELECT e.*, t.place AS time, CASE WHEN part_fen < 0 THEN -1 ELSE 1 END AS s,
             DENSE_RANK() OVER (PARTITION BY pool ORDER BY t.place) AS round
      FROM entitlements e JOIN periods t ON t.period = e.period WHERE worked = 1) AS e;

CREATE VIEW wrong_division AS
SELECT 'the floor is the whole fen of the share' AS rule, pot || ', ' || "key" || ', ' || household AS subject,
       'q with q * ' || CAST(weight_sum AS TEXT) || ' <= ' || CAST(a AS TEXT) || ' * ' || CAST(weight AS TEXT)
       || ' < (q + 1) * ' || CAST(weight_sum AS TEXT) AS expected, CAST(floor_fen AS TEXT) AS found
FROM worked WHERE NOT (0 <= r AND r < weight_sum)
UNION ALL
SELECT 'the claim is what was carried and the fraction beyond the floor', pot || ', ' || "key" || ', ' || household,
       CAST(carry_in AS TEXT) || ' and c with c * ' || CAST(weight_sum AS TEXT) || ' <= 1000000 * ' || CAST(r AS TEXT)
       || ' < (c + 1) * ' || CAST(weight_sum AS TEXT), CAST(claim AS TEXT)
FROM worked WHERE NOT (frac * weight_sum <= 1000000 * r AND 1000000 * r < (frac + 1) * weight_sum)
UNION ALL
SELECT 'left-over fen go to the largest claims, then by name', pot || ', ' || "key" || ', ' || household,
       CASE WHEN nth <= left_over THEN '1' ELSE '0' END, CAST(one AS TEXT)
FROM worked WHERE one <> CASE WHEN nth <= left_over THEN 1 ELSE 0 END
UNION ALL
SELECT 'fractions are taken over from the pool''s last pot', pot || ', ' || "key" || ', ' || household,
       CAST(COALESCE(carried, 0) AS TEXT), CAST(carry_in AS TEXT)
FROM worked WHERE carry_in <> COALESCE(carried, 0)
              AND NOT (carry_in = 0 AND round > last_round + 1)  -- a pot without the household: its tie may have ended
UNION ALL
SELECT 'what a claim did not get is carried on', pot || ', ' || "key" || ', ' || household,
       CAST(claim - 1000000 * extra AS TEXT), CAST(carry_out AS TEXT)
FROM worked WHERE carry_out <> claim - 1000000 * extra
UNION ALL
SELECT 'an entitlement is its floor, a left-over fen, less what a cap holds back', pot || ', ' || "key" || ', ' || household,
       CAST(floor_fen + extra - capped_fen AS TEXT), CAST(amount_fen AS TEXT)
FROM worked WHERE amount_fen <> floor_fen + extra - capped_fen
UNION ALL
SELECT 'weights sum to their sum', pot || ', ' || "key", CAST(weight_sum AS TEXT), CAST(SUM(weight) AS TEXT)
FROM worked GROUP BY source, pot, "key", weight_sum HAVING SUM(weight) <> weight_sum
UNION ALL
SELECT 'a pot (or a key''s part of it) is divided wholly', pot || ', ' || "key", CAST(part_fen AS TEXT),
       CAST(SUM(amount_fen + capped_fen) AS TEXT)
FROM worked GROUP BY source, pot, "key", part_fen HAVING SUM(amount_fen + capped_fen) <> part_fen
UNION ALL
SELECT 'a key divides its part of the pot', e.pot || ', ' || e."key", CAST(p.amount_fen AS TEXT), CAST(e.part_fen AS TEXT)
FROM (SELECT DISTINCT pot, "key", part_fen FROM worked WHERE source = 'pot') AS e
LEFT JOIN parts p ON p.document = e.pot AND p.above = 'pot' AND p.receiver = e."key"
WHERE p.amount_fen IS NULL OR p.amount_fen <> e.part_fen
UNION ALL
SELECT 'what came in is what is divided', e.source || ' ' || e.pot, CAST(COALESCE(l.amount_fen, 0) AS TEXT), CAST(e.part_fen AS TEXT)
FROM (SELECT DISTINCT source, pot, part_fen FROM worked WHERE source <> 'pot') AS e
LEFT JOIN (SELECT receiver, receiver_id, SUM(amount_fen) AS amount_fen FROM lines GROUP BY receiver, receiver_id) AS l
       ON l.receiver = e.source AND l.receiver_id = e.pot
WHERE COALESCE(l.amount_fen, 0) <> e.part_fen
UNION ALL
SELECT 'figures are small enough for exact integers', pot || ', ' || "key" || ', ' || household, 'below 9000000000000000000',
       CAST(a AS TEXT) || ' * ' || CAST(weight AS TEXT)
FROM worked WHERE CAST(a AS DOUBLE PRECISION) * weight > 9.0e18 OR 1000000.0 * weight_sum > 9.0e18;

-- ---------------------------------------------------------------- payments

CREATE VIEW wrong_payment AS
SELECT 'nobody is paid more than is due' AS rule, household || ', ' || base AS subject,
       'at most ' || CAST(SUM(due) AS TEXT) AS expected, CAST(SUM(paid) AS TEXT) AS found
FROM (SELECT household, base, amount_fen AS due, 0 AS paid FROM entitlements WHERE outside = 0
      UNION ALL SELECT household, base, 0, amount_fen FROM payments) AS both_sides
GROUP BY household, base HAVING SUM(paid) > 0 AND SUM(paid) > SUM(due)
UNION ALL
SELECT 'a payment taken back is taken back to the fen', p.payment || ' of ' || p.reverses,
       CAST(-COALESCE(SUM(o.amount_fen), 0) AS TEXT), CAST(p.amount_fen AS TEXT)
FROM payments p LEFT JOIN payments o ON o.payment = p.reverses
WHERE p.reverses <> '' GROUP BY p.payment, p.reverses, p.amount_fen HAVING p.amount_fen <> -COALESCE(SUM(o.amount_fen), 0);

CREATE VIEW discrepancies AS
SELECT rule, subject, expected, found FROM wrong_split
UNION ALL SELECT rule, subject, expected, found FROM wrong_booking
UNION ALL SELECT rule, subject, expected, found FROM wrong_division
UNION ALL SELECT rule, subject, expected, found FROM wrong_payment;

CREATE VIEW checked AS
SELECT 'sales' AS what, COUNT(*) AS figures FROM sales
UNION ALL SELECT 'parts of splits', COUNT(*) FROM parts
UNION ALL SELECT 'entitlements with their working', COUNT(*) FROM entitlements WHERE worked = 1
UNION ALL SELECT 'entitlements without a working: not checked, only summed', COUNT(*) FROM entitlements WHERE worked = 0
UNION ALL SELECT 'payments', COUNT(*) FROM payments;

SELECT what, figures FROM checked;
SELECT rule, subject, expected, found FROM discrepancies ORDER BY rule, subject;
