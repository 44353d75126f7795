-- Reads the tables into DuckDB, after tables.sql. Start duckdb in the folder that holds recheck.sql.
COPY periods FROM 'recheck/periods.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY shares FROM 'recheck/shares.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY recipients FROM 'recheck/recipients.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY sales FROM 'recheck/sales.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY lines FROM 'recheck/lines.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY parts FROM 'recheck/parts.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY entitlements FROM 'recheck/entitlements.csv' (FORMAT csv, HEADER, NULLSTR '\N');
COPY payments FROM 'recheck/payments.csv' (FORMAT csv, HEADER, NULLSTR '\N');
