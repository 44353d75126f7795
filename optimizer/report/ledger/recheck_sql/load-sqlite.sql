-- Reads the tables into SQLite (3.32 or later). Start sqlite3 in the folder that holds recheck.sql.
.bail on
.read recheck/tables.sql
.import --csv --skip 1 recheck/periods.csv periods
.import --csv --skip 1 recheck/shares.csv shares
.import --csv --skip 1 recheck/recipients.csv recipients
.import --csv --skip 1 recheck/sales.csv sales
.import --csv --skip 1 recheck/lines.csv lines
.import --csv --skip 1 recheck/parts.csv parts
.import --csv --skip 1 recheck/entitlements.csv entitlements
.import --csv --skip 1 recheck/payments.csv payments
