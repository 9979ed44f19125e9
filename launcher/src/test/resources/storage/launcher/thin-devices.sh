# Run by ThinDevicesIT in a guest: the demo, which checks itself, and images on thin devices.
set -e
export STORAGE_NO_BUILD=1
options="--opt dm.loopdatasize=2g --opt dm.loopmetadatasize=16m --opt dm.basesize=400m --opt dm.fs=ext4"
storage() { sh "$PROGRAM" "$@"; }
thin() { storage --root /run/thin --driver devmapper $options "$@"; }
plain() { storage --root /run/plain --driver vfs "$@"; }

# What a tree shows, in the form of the samples' table.
table() (
    cd "$1"
    find . -mindepth 1 -printf '%y\t%m\t%U\t%G\t%s\t%T@\t%P\n' |
        while IFS=$'\t' read -r type mode uid gid size time path; do
            sum=- link=- device=-
            case $type in
                f) type=file sum=$(sha256sum <"$path" | cut -d' ' -f1) ;;
                d) type=dir ;;
                l) type=symlink link=$(readlink "$path") ;;
                p) type=fifo ;;
                c) type=char device=$((0x$(stat -c %t "$path"))):$((0x$(stat -c %T "$path"))) ;;
            esac
            if [ $type = file ]; then time=${time%.*}; else size=0 time=-; fi
            printf '%s\t%s\t%04d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
                "$path" $type "$mode" "$uid" "$gid" "$size" "$time" $sum "$link" $device
        done | LC_ALL=C sort
)

storage --root /run/none drivers
storage --root /run/demo --driver devmapper $options demo
dmsetup ls
storage --root /run/kept --driver vfs demo --keep >/dev/null
archive=$(ls /run/kept/*/docker.tar)

commands="import $archive --name img; create box --from img; mount box"
plain shell -c "$commands"
samples=()
for file in "$SAMPLES"/sample-*.tar; do
    if [ -e "$file" ]; then
        name=$(basename "$file" .tar)
        samples+=("$name")
        commands="$commands; import $file --name $name; create box-$name --from $name; mount box-$name"
    fi
done
thin shell -c "$commands"

table /run/thin/devicemapper/mnt/box/rootfs >/run/thin.tsv
table /run/plain/vfs/dir/box >/run/plain.tsv
diff /run/plain.tsv /run/thin.tsv
echo "same as on vfs: $(wc -l </run/thin.tsv) files"
commands="umount box; rm box"
for name in "${samples[@]}"; do
    table "/run/thin/devicemapper/mnt/box-$name/rootfs" >/run/sample.tsv
    grep -v '^#' "$SAMPLES/sample-expected.tsv" | LC_ALL=C sort | diff - /run/sample.tsv
    echo "as expected: $name"
    commands="$commands; umount box-$name; rm box-$name"
done
thin shell -c "$commands; check --full; ls; cleanup"
dmsetup ls
[ "$(dmsetup udevcookies | wc -l)" -le 1 ]
