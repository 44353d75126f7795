-- The tables that recheck.sql reads, one for each CSV file of this folder. Amounts are whole fen.

-- every period in order; the split rule in force ('' if none); basis gross: each sale is divided, net: sales less costs
CREATE TABLE periods (period TEXT, place BIGINT, last_day TEXT, rule TEXT, basis TEXT);
-- the nodes of each rule and their exact share (numerator/denominator) of the node above them; "sales" and "pot" are wholes
CREATE TABLE shares (rule TEXT, node TEXT, above TEXT, place BIGINT, receiver TEXT, numerator BIGINT, denominator BIGINT);
-- who stands for each party at each base; several (villages) share equally, an odd fen goes to the lowest place
CREATE TABLE recipients (base TEXT, receiver TEXT, place BIGINT, receiver_id TEXT, "count" BIGINT);
CREATE TABLE sales (sale TEXT, base TEXT, product TEXT, period TEXT, market TEXT, amount_fen BIGINT);
-- the ledger: what was booked from whom to whom (what households receive is in entitlements)
CREATE TABLE lines (document TEXT, account TEXT, payer TEXT, payer_id TEXT, receiver TEXT, receiver_id TEXT,
                    base TEXT, period TEXT, amount_fen BIGINT);
-- the working of every split: what each node receives of a document (a sale, a base's year, a pot)
CREATE TABLE parts (document TEXT, base TEXT, period TEXT, node TEXT, above TEXT, receiver TEXT, receiver_id TEXT,
                    amount_fen BIGINT);
-- what each household is due, with the working: carry_in, claim and carry_out in millionths of a fen;
-- worked 0: no working is known (an amount that was not divided from a pot)
CREATE TABLE entitlements (household TEXT, kind TEXT, base TEXT, period TEXT, pot TEXT, "key" TEXT, source TEXT, pool TEXT,
                           place BIGINT, outside BIGINT, worked BIGINT, amount_fen BIGINT, part_fen BIGINT, weight BIGINT,
                           weight_sum BIGINT, floor_fen BIGINT, carry_in BIGINT, claim BIGINT, extra BIGINT,
                           carry_out BIGINT, capped_fen BIGINT);
CREATE TABLE payments (payment TEXT, household TEXT, kind TEXT, base TEXT, period TEXT, reverses TEXT, paid_on TEXT,
                       amount_fen BIGINT);
