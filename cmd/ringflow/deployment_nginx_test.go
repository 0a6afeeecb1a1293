package main_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginxPort is where nginx listens with TLS in a world.
const nginxPort = 8443

// TestDeploymentNginx runs the manual's block under nginx before a server. What asks
// for no token and is for the machine alone is not reached through it, in whatever
// spelling, and all else is.
func TestDeploymentNginx(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	direct := w.serve(w.config(trunk{}, time.Second))
	nginx := w.nginx()
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		if status, _ := nginx.raw(http.MethodGet, path); status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, status)
		}
		refuses := func(method, target string) {
			status, body := nginx.raw(method, target)
			if status < 400 || strings.Contains(body, "ringflow_") || strings.Contains(body, `"status":`) {
				t.Errorf("%s %s: %d %.200s", method, target, status, body)
			}
		}
		for _, target := range append(nginxSpellings(path), "https://calls.example.com"+path, "http://x"+path+"/", "http://x/"+path) {
			refuses(http.MethodGet, target)
		}
		for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodOptions} {
			refuses(method, path)
			refuses(method, path+"/")
		}
	}

	through := &Server{w: w, client: &client{t: t, base: "https://" + nginx.at.String(), http: &http.Client{
		Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: nginx.trust},
	}}}
	if status, body := through.tokenRequest(); status != http.StatusOK {
		t.Errorf("a token: %d %s", status, body)
	}
	token := direct.token()
	for path, want := range map[string]string{"/v1/flows": `"hangup"`, "/v1/account": `"acme"`, "/docs": "<html", "/openapi.json": `"openapi"`} {
		if status, _, body := through.ask(token, http.MethodGet, path, nil); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d %.200s", path, status, body)
		}
	}
	long := wav(make([]int16, 2<<20)) // 4 MB, more than nginx lets through by itself
	if status, _, body := through.ask(token, http.MethodPost, "/v1/prompts?name=metrics", long); status != http.StatusCreated {
		t.Errorf("a prompt: %d %s", status, body)
	}
	if status, _, body := through.ask(token, http.MethodGet, "/v1/prompts/metrics", nil); status != http.StatusOK {
		t.Errorf("a prompt of that name: %d %s", status, body)
	}
}

// nginxSpellings are other ways to write a path.
func nginxSpellings(path string) []string {
	all := []string{
		path + "/", path + "//", "/" + path, "///" + path, "/." + path, "/./" + path, "/x/.." + path, "/%2e" + path, "/x/%2e%2e" + path, "/x/%2E%2E/" + path,
		path + "/.", path + "/./", path + "/..", path + "/x/..", path + "/%2e", path + "%2f", path + "%2F", path + "%2f/", path + "/%2f", "/%2f" + path, "/%2f" + path + "/",
		path + ";", path + ";a=b", path + ";/", "/;a=b" + path, path + "%3b", path + "%3f", path + "?", path + "?a=b", path + "/?a=b", path + "#x", path + "%23", path + "%20", path + "%09", path + "%0a", path + "%00", path + "/%00",
		path + ".", path + "\\", "/\\" + path[1:], path + "%5c", path + "/../docs", path + "/%2e%2e/docs" + path, "/docs/.." + path, "/docs/%2e%2e" + path + "/",
		strings.ToUpper(path), strings.ToUpper(path) + "/", strings.ToUpper(path[:2]) + path[2:] + "/", path + "/" + path[1:],
	}
	for i := 1; i < len(path); i++ {
		for _, behind := range []string{"", "/", "%2f", "?a"} {
			all = append(all, fmt.Sprintf("%s%%%02x%s%s", path[:i], path[i], path[i+1:], behind))
		}
	}
	return all
}

// proxy is a running nginx.
type proxy struct {
	t     *testing.T
	at    netip.AddrPort
	trust *tls.Config
}

// nginx runs the block of docs/deployment.md before the world's server, with its
// addresses moved here and a certificate made for it, as somebody who may do
// nothing, until the test ends.
func (w *world) nginx() *proxy {
	w.t.Helper()
	page, err := os.ReadFile("../../docs/deployment.md")
	if err != nil {
		w.t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```nginx\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 {
		w.t.Fatalf("the page has %d blocks for nginx, want 1", len(blocks))
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // where only root looks
	}
	dir, err := os.MkdirTemp("", "nginx") // the test's own is for its owner alone
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { os.RemoveAll(dir) })
	in := func(name string) string { return filepath.Join(dir, name) }
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
		"-subj", "/CN=calls.example.com", "-addext", "subjectAltName=DNS:calls.example.com", "-keyout", in("key.pem"), "-out", in("cert.pem")).CombinedOutput(); err != nil {
		w.t.Fatalf("make a certificate: %v\n%s", err, out)
	}
	block := blocks[0][1]
	for old, new := range map[string]string{
		"listen 443 ssl": "listen " + w.at(nginxPort).String() + " ssl", "http://127.0.0.1:8080": "http://" + w.at(httpPort).String(),
		"/etc/ssl/calls.pem": in("cert.pem"), "/etc/ssl/calls.key": in("key.pem"),
	} {
		if strings.Count(block, old) != 1 {
			w.t.Fatalf("the block does not have %q once", old)
		}
		block = strings.Replace(block, old, new, 1)
	}
	config := "daemon off; worker_processes 1; pid " + in("pid") + "; error_log stderr;\nevents { worker_connections 256; }\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		config += kind + "_temp_path " + in(kind) + ";\n"
	}
	if err := os.WriteFile(in("nginx.conf"), []byte(config+block+"}\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(program, "-p", dir, "-c", in("nginx.conf"))
	if os.Geteuid() == 0 {
		const unprivileged = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: unprivileged, Gid: unprivileged}}
		for _, name := range []string{".", "key.pem", "cert.pem", "nginx.conf"} {
			if err := os.Chown(in(name), unprivileged, unprivileged); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // ends its worker too
		if err := cmd.Wait(); err != nil || w.t.Failed() {
			w.t.Logf("nginx ended with %v\n%s", err, &output)
		}
	})
	cert, err := os.ReadFile(in("cert.pem"))
	if err != nil {
		w.t.Fatal(err)
	}
	p := &proxy{t: w.t, at: w.at(nginxPort), trust: &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "calls.example.com"}}
	p.trust.RootCAs.AppendCertsFromPEM(cert)
	within(w.t, 10*time.Second, "nginx listens", func() string {
		conn, err := tls.Dial("tcp", p.at.String(), p.trust)
		if err != nil {
			return err.Error()
		}
		conn.Close()
		return ""
	})
	return p
}

// raw sends a request whose target stands in it as it is.
func (p *proxy) raw(method, target string) (status int, body string) {
	p.t.Helper()
	conn, err := tls.Dial("tcp", p.at.String(), p.trust)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: calls.example.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, target)
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		p.t.Errorf("%s %s: %v", method, target, err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Errorf("%s %s: %v", method, target, err)
	}
	return answer.StatusCode, string(text)
}
