#!/usr/bin/env bash
# Kamailio's proxy_challenge tells nobody that it was only the nonce which had expired.
#
# kamailio 5.6.3 (Debian 12's 5.6.3-2), a script with
#   if (!pv_proxy_authenticate("carrier", "secret", "0")) proxy_challenge("carrier", "0");
# and a request with the right password over a nonce that is older than nonce_expire:
# the check itself knows it (it returns -4), but the next 407 has no stale=true,
# which RFC 7616 §3.3 has for exactly this. The challenge to a wrong password is
# the same but for the nonce. A client that gives up at the second challenge
# without stale, as RFC 3261 §22.1 lets it, loses the request.
#
# Output seen: "expired nonce: check -4, 407 without stale; wrong password: check -2, 407 without stale"
set -euo pipefail
version=5.6.3-2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download "kamailio=$version" >/dev/null
dpkg -x ./*.deb root
modules=$(dirname "$(find root -name auth.so)")

port=$((20000 + $$ % 20000))
cat > kamailio.cfg <<CFG
debug=-3
log_stderror=yes
fork=no
children=1
mpath="$dir/$modules/"
listen=udp:127.0.0.1:$port
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "auth.so"
loadmodule "textops.so"
modparam("auth", "nonce_expire", 1)
request_route {
    pv_proxy_authenticate("carrier", "secret", "0");
    \$var(check) = \$retcode;
    if (\$var(check) < 0) {
        append_to_reply("X-Check: \$var(check)\r\n");
        proxy_challenge("carrier", "0");
        exit;
    }
    sl_send_reply("200", "OK");
}
CFG

cat > client.py <<'PY'
import hashlib, re, socket, sys, time

server = ("127.0.0.1", int(sys.argv[1]))
sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sip.bind(("127.0.0.1", 0))
sip.settimeout(0.5)
port = sip.getsockname()[1]
uri = f"sip:carrier@127.0.0.1:{server[1]}"
number = 0


def ask(credentials=""):
    global number
    number += 1
    text = (f"MESSAGE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{number}\r\n"
            f"From: <sip:user@carrier>;tag=1\r\nTo: <{uri}>\r\nCall-ID: 1\r\nCSeq: {number} MESSAGE\r\n"
            f"Max-Forwards: 70\r\n{credentials}Content-Length: 0\r\n\r\n").encode()
    for _ in range(40):  # it takes a moment to listen
        sip.sendto(text, server)
        try:
            return sip.recv(8192).decode()
        except (TimeoutError, ConnectionRefusedError):
            continue
    sys.exit("no answer")


def md5(s):
    return hashlib.md5(s.encode()).hexdigest()


def login(challenge, password):
    nonce = re.search(r'nonce="([^"]*)"', challenge)[1]
    response = md5(md5(f"user:carrier:{password}") + f":{nonce}:" + md5(f"MESSAGE:{uri}"))
    return (f'Proxy-Authorization: Digest username="user", realm="carrier", nonce="{nonce}", '
            f'uri="{uri}", response="{response}"\r\n')


def told(answer):
    if not answer.startswith("SIP/2.0 407"):
        return answer.split("\r\n")[0]
    stale = "with" if re.search(r"stale *= *true", answer, re.I) else "without"
    return f"check {re.search(r'X-Check: (.*)', answer)[1].strip()}, 407 {stale} stale"


first = ask()
time.sleep(3)
expired = ask(login(first, "secret"))
wrong = ask(login(expired, "not it"))
fresh = ask(login(wrong, "secret"))
if not fresh.startswith("SIP/2.0 200"):
    sys.exit(f"the right password is refused: {fresh}")
print(f"expired nonce: {told(expired)}; wrong password: {told(wrong)}")
PY

"$dir/root/usr/sbin/kamailio" -f kamailio.cfg -DD -E -Y "$dir" >kamailio.log 2>&1 &
kamailio=$!
trap 'kill "$kamailio"; wait "$kamailio" || true; rm -rf "$dir"' EXIT
seen=$(python3 client.py "$port") || { cat kamailio.log; exit 1; }
echo "kamailio $version: $seen"
[ "$seen" = "expired nonce: check -4, 407 without stale; wrong password: check -2, 407 without stale" ]
