# needs: redis-server redis-cli redis-benchmark
set -e
redis-server --port 0 --unixsocket "$PWD/s" --save '' --appendonly yes --daemonize no >log 2>&1 &
p=$!
i=0; until redis-cli -s s ping >/dev/null 2>&1; do i=$((i+1)); [ $i -lt 200 ]; sleep 0.1; done
redis-cli -s s set k v; redis-cli -s s get k; redis-cli -s s lpush l a b c; redis-cli -s s lrange l 0 -1
redis-benchmark -s s -n 5000 -c 20 -P 4 -t set,get,lpush --csv | cut -d, -f1
redis-cli -s s bgrewriteaof >/dev/null; redis-cli -s s dbsize | grep -c .
i=0; until [ -s dump.rdb ]; do redis-cli -s s bgsave >/dev/null; i=$((i+1)); [ $i -lt 200 ]; sleep 0.1; done; echo saved
redis-cli -s s shutdown nosave || true; wait $p; echo "status $?"
