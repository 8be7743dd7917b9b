package report_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/report"
)

// In a browser the report has nothing to complain about, fits the width of a phone, a desk and a page without being
// pushed sideways, and its text stands out from what is behind it (WCAG AA) in light and in dark.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing; run .ci/setup")
		}
		t.Skip("chromium is missing: the report is NOT looked at in a browser; install it with .ci/setup")
	}
	db := open(t)
	dir := t.TempDir()
	b := startBrowser(t, chromium)
	for _, lang := range report.Languages() {
		files, err := report.Write(context.Background(), report.Options{
			Config: report.Config{Organ: "临沂市履职运行监管办公室"},
			DB:     db, Kind: "R1", Period: "2026-10", Lang: lang, Dir: dir, Stamp: stamp,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{360, 1000} {
			for _, scheme := range []string{"light", "dark"} {
				t.Run(fmt.Sprintf("%s_%d_%s", lang, width, scheme), func(t *testing.T) {
					for _, problem := range b.problems(t, files[0], width, scheme) {
						t.Error(problem)
					}
				})
			}
		}
	}
}

// inspect lists what is wrong with the page that is open. Only what may scroll on its own may be wider than the page.
const inspect = `(() => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push('the page is ' + (page.scrollWidth - page.clientWidth) + ' px too wide');
  const rgb = text => { const m = text.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || seen.has(e) || e.closest('script, title, desc, .skip')) continue;
    seen.add(e);
    const style = getComputedStyle(e);
    const ink = rgb(e.closest('svg') ? style.fill : style.color);
    const a = light(ink), b = light(behind(e));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push('contrast ' + contrast.toFixed(2) + ' of "' + walk.currentNode.data.trim().slice(0, 20) + '"');
  }
  let level = 1;
  for (const h of document.querySelectorAll('h1, h2, h3')) {
    const n = +h.tagName[1];
    if (n > level + 1) found.push('heading ' + h.textContent + ' skips a level');
    level = n;
  }
  for (const t of document.querySelectorAll('table')) if (!t.caption) found.push('a table has no caption');
  for (const h of document.querySelectorAll('th')) if (!h.scope) found.push('a table header has no scope: ' + h.textContent);
  return found.slice(0, 20);
})()`

// browser is a headless Chromium that is spoken to through its pipe; nothing listens on the network.
type browser struct {
	in      io.Writer
	out     *bufio.Reader
	next    int
	session string
	logged  []string
}

type answer struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

func startBrowser(t *testing.T, chromium string) *browser {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	toRead, toWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromRead, fromWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--no-first-run", "--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(home, "profile"), "--remote-debugging-pipe")
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.ExtraFiles = []*os.File{toRead, fromWrite}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed, so it ends with an error
		for _, f := range []*os.File{toRead, toWrite, fromRead, fromWrite} {
			_ = f.Close()
		}
	})
	b := &browser{in: toWrite, out: bufio.NewReader(fromRead)}
	// A browser that dies must end the test instead of leaving it waiting.
	context.AfterFunc(ctx, func() { _ = fromRead.Close() })
	var target struct{ TargetID string }
	b.call(t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call(t, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable"} {
		b.call(t, domain, nil, nil)
	}
	return b
}

// call sends a command and waits for its answer; what the page logs meanwhile is kept.
func (b *browser) call(t *testing.T, method string, params any, result any) {
	t.Helper()
	b.next++
	message := map[string]any{"id": b.next, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	for {
		a := b.read(t)
		if a.ID != b.next {
			continue
		}
		if a.Error != nil {
			t.Fatalf("%s: %s", method, a.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
}

func (b *browser) read(t *testing.T) answer {
	t.Helper()
	text, err := b.out.ReadBytes(0)
	if err != nil {
		t.Fatalf("read from the browser: %v", err)
	}
	var a answer
	if err := json.Unmarshal(text[:len(text)-1], &a); err != nil {
		t.Fatal(err)
	}
	switch a.Method {
	case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		b.logged = append(b.logged, string(a.Params))
	}
	return a
}

func (b *browser) problems(t *testing.T, file string, width int, scheme string) []string {
	t.Helper()
	b.logged = nil
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500,
	}, nil)
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
	b.call(t, "Page.navigate", map[string]any{"url": "file://" + file}, nil)
	for b.read(t).Method != "Page.loadEventFired" {
	}
	var got struct {
		Result           struct{ Value []string }
		ExceptionDetails json.RawMessage
	}
	b.call(t, "Runtime.evaluate", map[string]any{"expression": inspect, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		t.Fatalf("inspect: %s", got.ExceptionDetails)
	}
	return append(got.Result.Value, b.logged...)
}
