# needs: sqlite3
set -e
sqlite3 db 'create table t(a integer primary key, b text); create index i on t(b);'
i=0; { echo 'begin;'; while [ $i -lt 2000 ]; do echo "insert into t(b) values('row $((i*7919%2000))');"; i=$((i+1)); done; echo 'commit;'; } | sqlite3 db
sqlite3 db 'select count(*), min(b), max(b) from t; select sum(length(b)) from t where b like "%9%"; pragma integrity_check;'
sqlite3 db 'pragma journal_mode=wal; update t set b = b || "x"; vacuum; select count(*) from t where b like "%x";'
(sqlite3 db 'pragma busy_timeout=10000; begin immediate; insert into t(b) values("one"); commit;' & sqlite3 db 'pragma busy_timeout=10000; begin immediate; insert into t(b) values("two"); commit;' & wait) >/dev/null
sqlite3 db 'select count(*) from t'
