# needs: nginx wrk
set -e
mkdir -p www logs; seq 1 200 >www/index.html
cat >nginx.conf <<END
worker_processes 2; daemon off; pid $PWD/pid; error_log $PWD/logs/error.log;
events { worker_connections 128; }
http { access_log off; client_body_temp_path $PWD; proxy_temp_path $PWD; fastcgi_temp_path $PWD; uwsgi_temp_path $PWD; scgi_temp_path $PWD;
server { listen 127.0.0.1:18743; root $PWD/www; sendfile on; } }
END
[ "$(id -u)" != 0 ] || sed -i '1s/^/user root; /' nginx.conf
nginx -p "$PWD" -c "$PWD/nginx.conf" 2>err &
p=$!
i=0; until wrk -t1 -c1 -d1s http://127.0.0.1:18743/ >first 2>&1 && grep -q 'requests in' first; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.2; done
wrk -t2 -c16 -d2s http://127.0.0.1:18743/ >second; grep -c 'requests in' second
if grep -q 'Non-2xx\|Socket errors' second; then cat second; exit 1; fi
awk '/requests in/ { exit !($1 > 100) }' second && echo served
kill -HUP $p; sleep 0.5; kill -QUIT $p; wait $p; echo "status $?"
