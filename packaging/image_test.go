//go:build interop

package packaging

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringflow/internal/version"
)

// TestInteropImages has skopeo read the images, and a whole call placed in that of
// this architecture, as its user.
func TestInteropImages(t *testing.T) {
	for arch := range machines {
		archive := file(t, "ringflow_%s_%s.oci.tar", arch)
		if index := output(t, "tar", "-xOf", archive, "./index.json"); !strings.Contains(index, `"org.opencontainers.image.ref.name":"ringflow:`+version.Number()+`"`) {
			t.Errorf("%s: podman load would not call it ringflow:%s: %s", arch, version.Number(), index)
		}
		image := "oci-archive:" + archive
		var config struct {
			Architecture, OS string
			Config           struct {
				User            string
				Entrypoint, Cmd []string
				Labels          map[string]string
			}
		}
		if err := json.Unmarshal([]byte(output(t, "skopeo", "inspect", "--config", image)), &config); err != nil {
			t.Fatal(err)
		}
		c := config.Config
		if config.Architecture != arch || config.OS != "linux" || c.User != "10001:10001" || !slices.Equal(c.Entrypoint, []string{"/usr/bin/ringflow"}) ||
			strings.Join(c.Cmd, " ") != "serve --config /etc/ringflow/ringflow.yaml --data /var/lib/ringflow/data" || c.Labels["org.opencontainers.image.version"] != version.Number() {
			t.Errorf("%s: the image is %+v", arch, config)
		}
		if arch != "amd64" {
			continue
		}
		dir := t.TempDir()
		output(t, "skopeo", "copy", "--quiet", image, "oci:"+filepath.Join(dir, "oci")+":it")
		output(t, "umoci", "unpack", "--image", filepath.Join(dir, "oci")+":it", filepath.Join(dir, "bundle"))
		r := &root{t: t, dir: filepath.Join(dir, "bundle/rootfs")}
		output(t, "mkdir", "-p", r.path("dev"), r.path("proc"), r.path("run"))
		run := func(args ...string) string {
			c := exec.Command("unshare", append([]string{"--mount", "--pid", "--fork", "--kill-child", "--net", "sh", "-c",
				prepare + `ip link set lo up; exec chroot --userspec=10001:10001 "$0" "$@"`, r.dir, "/usr/bin/ringflow"}, args...)...)
			c.Env = []string{"PATH=" + os.Getenv("PATH")} // nothing else of this machine's
			out, _ := c.CombinedOutput()
			return string(out)
		}
		if got := run("--version"); !strings.HasPrefix(got, "ringflow "+version.Number()+" (") {
			t.Errorf("it says %s", got)
		}
		if got := run("demo", "--out", ""); !strings.Contains(got, "execution ended finished") {
			t.Errorf("the demo says\n%s", got)
		}
		if got := run(c.Cmd...); !strings.Contains(got, "/etc/ringflow/ringflow.yaml: no such file") {
			t.Errorf("without a configuration it says\n%s", got)
		}
		if r.there("etc/ringflow/ringflow.yaml") || !r.there("usr/share/doc/ringflow/example/ringflow.yaml") || len(r.read("etc/ssl/certs/ca-certificates.crt")) < 100_000 {
			t.Error("the image has a configuration, or lacks the example or certificates")
		}
	}
}
