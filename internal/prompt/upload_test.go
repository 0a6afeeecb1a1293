package prompt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/prompt"
	"ringflow/media"
)

// slowDecoder decodes files that begin with "slow" when it is let to, and any
// other at once, into a sound of ten minutes.
type slowDecoder struct {
	release chan struct{}
	audio   *media.Prompt

	mu       sync.Mutex
	now, max int
}

func (d *slowDecoder) decode(file []byte) (*media.Prompt, error) {
	d.mu.Lock()
	d.now++
	d.max = max(d.max, d.now)
	d.mu.Unlock()
	if strings.HasPrefix(string(file), "slow") {
		<-d.release
	}
	d.mu.Lock()
	d.now--
	d.mu.Unlock()
	return d.audio, nil
}

func slowLibrary(t *testing.T, accounts ...string) (*prompt.Library, *slowDecoder) {
	t.Helper()
	l, d := prompt.NewLibrary(nil, errors.New("no speech")), &slowDecoder{
		release: make(chan struct{}), audio: media.NewPrompt(make([]int16, 600*8000)),
	}
	l.SetDecode(d.decode)
	if err := l.LoadUploads(t.TempDir(), accounts); err != nil {
		t.Fatal(err)
	}
	return l, d
}

// TestASlowDecodeDelaysNobodyElse holds that while a file is decoded, whatever
// plays is found, other accounts upload, and other prompts of the account are
// deleted; nothing of this waits, or the bubble would be stuck.
func TestASlowDecodeDelaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d := slowLibrary(t, "acme", "other")
		must := func(_ prompt.Info, err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		must(l.Create("acme", "old", []byte("quick")))
		must(l.Create("acme", "hello", []byte("quick")))
		var slow sync.WaitGroup
		slow.Go(func() { must(l.Replace("acme", "hello", []byte("slow"))) })
		synctest.Wait()
		must(l.Create("other", "hello", []byte("quick")))
		if err := l.Delete("acme", "old"); err != nil {
			t.Error(err)
		}
		if all := l.List("acme"); len(all) != 1 || all[0].Bytes != len("quick") || !has(l, "acme", "hello") {
			t.Errorf("the prompts are %+v", all)
		}
		var done sync.WaitGroup
		done.Go(func() { must(l.Replace("acme", "hello", []byte("last"))) })
		synctest.Wait()
		if all := l.List("acme"); all[0].Bytes != len("quick") {
			t.Error("the second change of a prompt overtook the first")
		}
		close(d.release)
		slow.Wait()
		done.Wait()
		if all := l.List("acme"); all[0].Bytes != len("last") {
			t.Errorf("the prompts are %+v", all)
		}
	})
}

// TestDecodingIsBounded holds that an account decodes one file at a time and all
// together a few, however many are uploaded at once.
func TestDecodingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var accounts []string
		for n := range 10 {
			accounts = append(accounts, fmt.Sprint("account", n))
		}
		l, d := slowLibrary(t, accounts...)
		var all sync.WaitGroup
		upload := func(account string) {
			for n := range 5 {
				all.Go(func() {
					if _, err := l.Create(account, fmt.Sprint(n), []byte("slow")); err != nil {
						t.Error(err)
					}
				})
			}
		}
		upload(accounts[0])
		synctest.Wait()
		if d.max != 1 {
			t.Errorf("%d files of one account are decoded at once", d.max)
		}
		for _, account := range accounts[1:] {
			upload(account)
		}
		synctest.Wait()
		close(d.release)
		all.Wait()
		if d.max != prompt.MaxDecoding {
			t.Errorf("%d files were decoded at once, want %d", d.max, prompt.MaxDecoding)
		}
	})
}

// TestUploadsAreBounded holds that an account cannot fill the memory with sound,
// and that only uploads count, each once.
func TestUploadsAreBounded(t *testing.T) {
	l, _ := slowLibrary(t, "acme", "other")
	n := int(prompt.MaxUploaded / (10 * time.Minute))
	for i := range n {
		if _, err := l.Create("acme", fmt.Sprint(i), []byte("quick")); err != nil {
			t.Fatalf("prompt %d: %v", i, err)
		}
	}
	var bad *prompt.AudioError
	_, err := l.Create("acme", "more", []byte("quick"))
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), prompt.MaxUploaded.String()) {
		t.Errorf("one too many: %v", err)
	}
	if _, err := l.Replace("acme", "0", []byte("quick")); err != nil {
		t.Errorf("one in the place of another: %v", err)
	}
	if _, err := l.Create("other", "more", []byte("quick")); err != nil {
		t.Errorf("one of another account: %v", err)
	}
	if err := l.Delete("acme", "0"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Create("acme", "more", []byte("quick")); err != nil {
		t.Errorf("one after another was deleted: %v", err)
	}
}

// TestAnUploadWhileTheConfigurationTakesItsName holds that a reload in the middle
// of an upload wins.
func TestAnUploadWhileTheConfigurationTakesItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d := slowLibrary(t, "acme")
		var err error
		var slow sync.WaitGroup
		slow.Go(func() { _, err = l.Create("acme", "hello.wav", []byte("slow")) })
		synctest.Wait()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "hello.wav"), tone(time.Second), 0o600); err != nil {
			t.Fatal(err)
		}
		folder, readErr := prompt.ReadFolder(dir)
		if readErr != nil {
			t.Fatal(readErr)
		}
		l.SetFolder("acme", folder)
		close(d.release)
		slow.Wait()
		if all := l.List("acme"); !errors.Is(err, prompt.ErrReadOnly) || len(all) != 1 || !all[0].ReadOnly {
			t.Errorf("%v, and the prompts are %+v", err, all)
		}
	})
}
