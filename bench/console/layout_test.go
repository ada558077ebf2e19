package console_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
)

// beyond names what reaches beyond the screen's right edge. The head of a table on a
// phone is cut off: there each cell has its label.
const beyond = `(() => {
	const found = [];
	const whole = document.documentElement.scrollWidth;
	if (whole > innerWidth) found.push("the page: " + whole);
	for (const e of document.querySelectorAll("body *:not(thead, thead *)")) {
		const box = e.getBoundingClientRect();
		if (box.width && box.right > innerWidth + 0.5) found.push(e.outerHTML.slice(0, 100) + ": " + box.right);
	}
	return found;
})()`

// onEachScreen shows the overview, and the page of a link that is down, on each screen:
// nothing reaches beyond it.
func (d *desk) onEachScreen(t *testing.T, link string, done func(b *browser, page, screen string)) {
	t.Helper()
	b := newBrowser(t)
	for _, s := range screens {
		b.use(s)
		b.open(d.url)
		b.await(`/^in \d/.test(cellOf(` + quoted(link) + `, "Next attempt"))`)
		assert.EqualValues(t, s.width, eval[int64](b, `innerWidth`))
		assert.Empty(t, eval[[]string](b, beyond), "%s: overview", s.name)
		done(b, "overview", s.name)
		b.do(chromedp.Navigate(d.url + "#" + link))
		b.await(`text("detail-name") === ` + quoted(link) + ` && text("timeline").includes("up → waiting") && text("tallies").includes("0200")`)
		assert.Empty(t, eval[[]string](b, beyond), "%s: link", s.name)
		done(b, "link", s.name)
	}
}

// allow lets everybody do everything, so that there are buttons.
func allow(*http.Request, console.Action) error { return nil }

// TestScreens: on phones and desktops, in light and dark, all of it is on the screen.
// The screenshots of a desk with a link that is down are in bench/out/console.
func TestScreens(t *testing.T) {
	const pictures = "../out/console"
	require.NoError(t, os.MkdirAll(pictures, 0o755))
	d := newDesk(t, console.Options{Title: "switch east", Interval: 100 * time.Millisecond, Authorize: allow},
		func(c *supervisor.Config) { c.Links[0].Backoff = supervisor.Backoff{MinDelay: 20 * time.Second} })
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for n := range 400 { // some seconds of load, for the lines
		<-pace.C
		require.NoError(t, d.exchange(patient(t), []string{"visa", "amex"}[n%2], fmt.Sprintf("%06d", n+1)))
	}
	d.stop(t)
	d.onEachScreen(t, "visa", func(b *browser, page, screen string) {
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(pictures, page+"-"+screen+".png"), picture, 0o644))
	})
}

// TestLongNames: names as long as they may be, and an error without an end to a line,
// are on the screen too.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("Acquirer_East_9.", 4) // 64 letters, the most
	errLong := errors.New("no route: " + strings.Repeat("x509:", 200))
	var broken atomic.Bool
	d := newDesk(t, console.Options{Title: long + long, Authorize: allow}, func(c *supervisor.Config) {
		c.Links[0].Name = long
		c.Links[0].Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if broken.Load() {
				return nil, errLong
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
		c.Groups[0].Name, c.Groups[0].Links[0] = "G"+long[1:], long
		c.Acceptors[0].Name = "L" + long[1:]
	})
	require.NoError(t, d.exchange(patient(t), long, "000001"))
	broken.Store(true)
	d.stop(t)
	require.Eventually(t, func() bool { return errors.Is(d.manager.Link(long).Status().LastError, errLong) }, patience, 10*time.Millisecond)
	d.onEachScreen(t, long, func(b *browser, page, _ string) {
		if page == "overview" {
			assert.Contains(t, see[string](b, `cellOf(`+quoted(long)+`, "Last error")`), errLong.Error())
			assert.True(t, see[bool](b, `text("groups").includes(`+quoted(long)+`) && text("acceptors").includes(`+quoted("L"+long[1:])+`)`))
		} else {
			assert.Contains(t, see[string](b, `text("detail-error")`), errLong.Error())
		}
	})
}
