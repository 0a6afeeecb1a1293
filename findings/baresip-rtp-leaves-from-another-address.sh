#!/usr/bin/env bash
# baresip sends audio from another address than its own SDP and SIP packets.
#
# baresip 1.0.0 (Debian 12's baresip-core 1.0.0-4+b3, libre0 1.1.0-1+b2, librem0
# 0.6.0-4) on a machine with two networks, no net_interface set, calling somebody
# on the second: its SIP packets, Contact and c= have the address of the first
# interface, since the SIP socket is bound to it; its RTP socket is bound to none,
# so RTP leaves from the address of the route. Symmetric RTP (RFC 4961) holds, but
# c= is not where the packets come from, and neither is where the INVITE came from:
# who takes RTP from either address alone hears nothing.
#
# Output seen: "c= 192.0.2.10, Contact 192.0.2.10, SIP from 192.0.2.10, RTP from 198.51.100.10"
#
# It needs root, for two networks of its own.
set -euo pipefail
packages=(baresip-core=1.0.0-4+b3 libre0=1.1.0-1+b2 librem0=0.6.0-4)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download "${packages[@]}" >/dev/null 2>&1
for deb in ./*.deb; do dpkg -x "$deb" root; done

mkdir conf
cat > conf/config <<CONFIG
sip_listen              0.0.0.0:5060
audio_source            ausine,440
ausrc_srate             48000
ausrc_channels          2
module_path             $dir/root/usr/lib/baresip/modules
module                  g711.so
module                  ausine.so
module_tmp              account.so
module_app              menu.so
CONFIG
echo '<sip:phone@198.51.100.10>;regint=0;auth_pass=none' > conf/accounts
: > conf/contacts

cat > callee.py <<'PY'
import re, socket

sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sip.bind(("198.51.100.20", 5060))
rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
rtp.bind(("198.51.100.20", 4000))
sip.settimeout(30)
rtp.settimeout(30)
print("ready", flush=True)
data, caller = sip.recvfrom(8192)
invite = data.decode()
lines = invite.split("\r\n")
copied = [l for name in ("Via:", "From:", "Call-ID:", "CSeq:") for l in lines if l.startswith(name)]
to = next(l for l in lines if l.startswith("To:")) + ";tag=callee"
body = ("v=0\r\no=- 1 1 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")
head = ["SIP/2.0 200 OK", *copied, to, "Contact: <sip:callee@198.51.100.20>",
        "Content-Type: application/sdp", f"Content-Length: {len(body)}", "", body]
sip.sendto("\r\n".join(head).encode(), caller)
source = rtp.recvfrom(2048)[1]
stated = re.search(r"c=IN IP4 (\S+)", invite)[1]
contact = re.search(r"Contact: <sip:[^@]*@([0-9.]+)", invite)[1]
print(f"c= {stated}, Contact {contact}, SIP from {caller[0]}, RTP from {source[0]}")
PY

cat > run.sh <<'RUN'
set -euo pipefail
ip link set lo up
ip link add lan type veth peer name lan2
ip link add wan type veth peer name far
ip address add 192.0.2.10/24 dev lan
ip address add 198.51.100.10/24 dev wan
ip link set lan up; ip link set lan2 up
mkfifo gate
unshare --net -- sh -c 'read -r _ < gate
  ip link set lo up; ip address add 198.51.100.20/24 dev far; ip link set far up; ip route add default dev far
  exec python3 callee.py' > seen &
callee=$!
until [ "$(readlink /proc/$callee/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do kill -0 "$callee"; done
ip link set far netns "$callee"
ip link set wan up
echo go > gate
until [ -s seen ]; do kill -0 "$callee"; done
LD_LIBRARY_PATH=$(find "$PWD/root" -name 'libre*.so.*' -printf '%h\n' | sort -u | paste -sd:) \
  HOME=$PWD root/usr/bin/baresip -f "$PWD/conf" -t 20 -e "/dial sip:callee@198.51.100.20" > baresip.log 2>&1 < /dev/null &
baresip=$!
wait "$callee" || { cat baresip.log >&2; exit 1; }
kill "$baresip"
wait "$baresip" || true
RUN
unshare --net -- bash run.sh
seen=$(tail -1 seen)
echo "baresip-core 1.0.0-4+b3: $seen"
[ "$seen" = "c= 192.0.2.10, Contact 192.0.2.10, SIP from 192.0.2.10, RTP from 198.51.100.10" ]
