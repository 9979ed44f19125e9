# Run by ThinDevicesIT in a guest: a container engine whose layers are thin devices, through the plugin.
set -e
export STORAGE_NO_BUILD=1 DOCKER_BUILDKIT=0 HOME=/run
mkfs.ext4 -qF /dev/vda
mkdir -p /run/disk /run/tree/bin /run/context
mount /dev/vda /run/disk
options="--opt dm.loopdatasize=2g --opt dm.loopmetadatasize=32m --opt dm.basesize=128m --opt dm.fs=ext4"

waitfor() {
    for try in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.5
    done
    echo "in vain: $*"; cat /run/serve.log /run/engine.log; return 1
}
serve() {
    sh "$PROGRAM" --root /run/disk/store --driver devmapper $options serve --plugin thin >/run/serve.log 2>&1 &
    serving=$!
    waitfor grep -q Serving /run/serve.log
}
d() { docker -H unix:///run/engine.sock "$@"; }

serve
dockerd --experimental --bridge=none --iptables=false --ip-masq=false -s thin --data-root /run/disk/engine \
    --exec-root /run/exec -H unix:///run/engine.sock -p /run/engine.pid >/run/engine.log 2>&1 &
engine=$!
waitfor d version
d info 2>/dev/null | grep -E 'Storage Driver|Backend:|Pool Name'

cp /bin/busybox /run/tree/bin/busybox
for applet in sh cat rm mkdir mv sleep; do ln -s busybox /run/tree/bin/$applet; done
echo hello >/run/tree/motd
tar -C /run/tree -c . | d import - base:1 >/dev/null
echo added >/run/context/file
cat >/run/context/Dockerfile <<'F'
FROM base:1
RUN mkdir /data && echo one >/data/one && rm /motd
COPY file /copied/file
RUN rm -rf /data && mkdir /data && echo two >/data/two
RUN mv /copied /moved
F
d build --network=none -q -t img:1 /run/context
d run -d --network=none --name box img:1 sh -c 'echo new >/new; rm /data/two; sleep 1000' >/dev/null
waitfor d exec box cat /new
kill -9 $serving
wait $serving || true
serve
d diff box | sort | tr '\n' ' '
echo
[ "$(d exec box cat /moved/file)" = added ]
d commit box img:2 >/dev/null
d rm -f box >/dev/null
d rmi -f img:2 img:1 base:1 >/dev/null
kill $engine
wait $engine || true
kill $serving
wait $serving
storage_ls=$(sh "$PROGRAM" --root /run/disk/store ls --json | tr -d ' \n')
echo "layers left: $storage_ls"
echo "devices left: $(dmsetup ls)"
