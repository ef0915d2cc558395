package report

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// screenshots, if set, is a folder for screenshots from the browser.
var screenshots = flag.String("screenshots", "", "folder for pictures of the pages that the browser was shown")

// browser is a headless Chromium with an empty profile.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("no chromium, which make deps installs: %v", err)
	}
	folder, err := fixture()
	if err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(folder, "browser")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)                   // waits for it to end, so that the profile can be removed
	if err := chromedp.Run(ctx); err != nil { // starts it: contexts derived from this one are tabs
		t.Fatal(err)
	}
	return ctx
}

// complaints collects what a page writes to the console and requests from the network.
type complaints struct {
	sync.Mutex
	said, requested []string
}

func (c *complaints) hear(event any) {
	c.Lock()
	defer c.Unlock()
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		c.said = append(c.said, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		c.said = append(c.said, fmt.Sprint(e.Type))
	case *runtime.EventExceptionThrown:
		c.said = append(c.said, e.ExceptionDetails.Error())
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") {
			c.requested = append(c.requested, e.Request.URL)
		}
	}
}

// view is a page at a certain width.
type view struct {
	name   string
	file   string
	width  int64
	mobile bool
	dark   bool
}

// overflows lists elements that extend beyond the right edge of the page, except those
// inside an element with its own scroll bar.
const overflows = `[...document.body.querySelectorAll("*")].filter(e => !e.closest(".scroll, pre, svg") && e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.tagName + "." + e.className)`

// TestBrowser opens pages of one run and of several at the widths of a phone and of a
// desktop: nothing overflows, the console is silent, nothing but the page is loaded, and
// each width has its own pictures.
func TestBrowser(t *testing.T) {
	one, two := pages(t)
	ctx := browser(t)
	for _, v := range []view{
		{"one-desk", one, 1280, false, false}, {"one-phone-dark", one, 390, true, true},
		{"two-desk-dark", two, 1280, false, true}, {"two-phone", two, 390, true, false},
	} {
		t.Run(v.name, func(t *testing.T) { look(t, ctx, v) })
	}
}

func look(t *testing.T, parent context.Context, v view) {
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute) // only in case the browser hangs
	defer stop()
	var heard complaints
	chromedp.ListenTarget(ctx, heard.hear)
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	address := (&url.URL{Scheme: "file", Path: v.file}).String()
	var scroll, inner int64
	var out []string
	var ground, ink string
	var wide, narrow int
	var picture []byte
	err := chromedp.Run(ctx,
		network.Enable(), cdplog.Enable(), runtime.Enable(),
		emulation.SetScriptExecutionDisabled(true),
		emulation.SetDeviceMetricsOverride(v.width, 900, 1, v.mobile),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.Navigate(address),
		chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true); document.documentElement.scrollWidth`, &scroll),
		chromedp.Evaluate(`innerWidth`, &inner),
		chromedp.Evaluate(overflows, &out),
		chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &ground),
		chromedp.Evaluate(`getComputedStyle(document.body).color`, &ink),
		chromedp.Evaluate(`[...document.querySelectorAll("svg.wide")].filter(e => e.getClientRects().length).length`, &wide),
		chromedp.Evaluate(`[...document.querySelectorAll("svg.narrow")].filter(e => e.getClientRects().length).length`, &narrow),
	)
	if err != nil {
		t.Fatal(err)
	}
	if *screenshots != "" {
		if err := chromedp.Run(ctx, chromedp.FullScreenshot(&picture, 100)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*screenshots, v.name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if inner != v.width || scroll != v.width || len(out) > 0 {
		t.Errorf("in a window of %d the page is %d wide, scrolls to %d, and these stand out: %v", v.width, inner, scroll, out)
	}
	if v.mobile != (wide == 0) || v.mobile == (narrow == 0) {
		t.Errorf("%d wide and %d narrow pictures are shown", wide, narrow)
	}
	if dark := ground == "rgb(20, 20, 20)" && ink == "rgb(228, 228, 228)"; dark != v.dark {
		t.Errorf("ground %s, ink %s", ground, ink)
	}
	heard.Lock()
	defer heard.Unlock()
	if len(heard.said) > 0 {
		t.Errorf("the console says %q", heard.said)
	}
	if len(heard.requested) != 1 || heard.requested[0] != address {
		t.Errorf("loaded were %q, want the page alone", heard.requested)
	}
}
