#!/usr/bin/env bash
# SIPp's play_dtmf ignores the payload type that was negotiated for telephone events.
#
# SIPp 3.6.1 (Debian 12's sip-tester 1:3.6.1-1+b2), a caller that offers and is
# answered telephone-event/8000 under 101, and presses 5 by
# <exec play_dtmf="5"/>: no packet of type 101 leaves. The events come under 96,
# after twenty packets of type 97 with a payload of four zero bytes, and two of
# the updates have the R bit set, which RFC 4733 §2.3.3 reserves and wants to be
# 0. A receiver that holds to the SDP hears no key.
#
# Output seen: "97 x 20, then 96 x 13, none under 101; R bit set in 2"
set -euo pipefail
version=1:3.6.1-1+b2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download "sip-tester=$version" libgsl27 libpcap0.8 libsctp1 >/dev/null
for deb in ./*.deb; do dpkg -x "$deb" root; done
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(find "$dir/root" -name 'lib*.so.*' -printf '%h\n' | sort -u | paste -sd:)

cat > caller.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="presses 5">
  <send retrans="500"><![CDATA[

    INVITE sip:phone@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
    From: <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
    To: <sip:phone@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:caller@[local_ip]:[local_port]>
    Max-Forwards: 70
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0 101
    a=rtpmap:0 PCMU/8000
    a=rtpmap:101 telephone-event/8000

  ]]></send>
  <recv response="200"/>
  <send><![CDATA[

    ACK sip:phone@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
    From: <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
    To: <sip:phone@[remote_ip]:[remote_port]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <nop><action><exec play_dtmf="5"/></action></nop>
  <pause milliseconds="1500"/>
</scenario>
XML

cat > phone.py <<'PY'
import socket

sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sip.bind(("127.0.0.1", 0))
rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
rtp.bind(("127.0.0.1", 0))
sip.settimeout(20)
rtp.settimeout(3)
print(sip.getsockname()[1], flush=True)
invite, caller = sip.recvfrom(8192)
lines = invite.decode().split("\r\n")
copied = [l for name in ("Via:", "From:", "Call-ID:", "CSeq:") for l in lines if l.startswith(name)]
to = next(l for l in lines if l.startswith("To:")) + ";tag=phone"
body = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {rtp.getsockname()[1]} RTP/AVP 0 101\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n")
head = ["SIP/2.0 200 OK", *copied, to, f"Contact: <sip:phone@127.0.0.1:{sip.getsockname()[1]}>",
        "Content-Type: application/sdp", f"Content-Length: {len(body)}", "", body]
sip.sendto("\r\n".join(head).encode(), caller)
packets = []
try:
    while True:
        packets.append(rtp.recvfrom(2048)[0])
except TimeoutError:
    pass
types = [p[1] & 0x7F for p in packets]
events = [p for p in packets if p[1] & 0x7F == 96]
print(f"97 x {types.count(97)}, then 96 x {types.count(96)},",
      "none under 101;" if 101 not in types else "some under 101;",
      f"R bit set in {sum(p[13] >> 6 & 1 for p in events)}")
PY

python3 phone.py > phone.out &
phone=$!
until [ -s phone.out ]; do kill -0 "$phone"; done
"$dir/root/usr/bin/sipp" -sf caller.xml -m 1 -nostdin -i 127.0.0.1 -mi 127.0.0.1 "127.0.0.1:$(head -1 phone.out)" >/dev/null 2>&1 || true
wait "$phone"
seen=$(tail -1 phone.out)
echo "sip-tester $version: $seen"
[ "$seen" = "97 x 20, then 96 x 13, none under 101; R bit set in 2" ]
