#!/bin/busybox sh
# The guest's first process: mounts the shares, runs the command in the root among them, powers off.
# /command is the command, /shares a line "tag folder options" for each share. This shell has all of busybox's
# commands inside, which it finds through /proc.
/bin/busybox mount -t proc proc /proc
mount -t devtmpfs dev /dev
# "File exists" is fine: what a device needs may have been loaded for it meanwhile.
for module in /modules/*; do [ ! -e "$module" ] || insmod "$module"; done
while read -r tag folder options; do
  mount -t virtiofs -o "$options" "$tag" "/root$folder" || poweroff -f
done </shares

cd /root || poweroff -f
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
for folder in tmp run dev/shm; do mount -t tmpfs -o mode=1777 tmpfs $folder; done
ln -s /proc/self/fd dev/fd
for file in 0:in 1:out 2:err; do ln -s "/proc/self/fd/${file%:*}" "dev/std${file#*:}"; done
mkdir run/bin
chroot . /bin/busybox --install -s /run/bin
hostname vm
ip link set lo up

while [ ! -e /dev/vport0p3 ]; do sleep 0.02; done
# A port can be opened once only, and programs open their standard output again: they get pipes. The cats end
# when the last process that holds a pipe does.
mkfifo /out /err
cat /out >/dev/vport0p1 &
cat /err >/dev/vport0p2 &
exec 9>/dev/vport0p3
read -r up _ </proc/uptime
echo "user space is up after $up s" >/dev/kmsg
env -i PATH=/opt/node/bin:/usr/sbin:/usr/bin:/run/bin HOME=/root TERM=dumb \
  chroot . /bin/sh -c "cd /mnt; $(cat /command)" </dev/null >/out 2>/err 9>&-
echo $? >&9
wait
sync
# The second line: nothing is left to be lost, the machine can be killed, which is faster than its own end.
echo over >&9
poweroff -f
