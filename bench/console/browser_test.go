package console_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// browser is a tab of a browser that ends with the test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// newBrowser starts one, in which no page may throw an error that nobody catches.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program(t, "chromium", "chromium", "chromium-browser", "google-chrome")),
		chromedp.Flag("lang", "en"), chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	t.Cleanup(cancel)
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	b.do() // starts it, by a context that lives as long
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
			assert.Fail(t, "the page threw", "%v", thrown.ExceptionDetails)
		}
	}))
	return b
}

// do takes steps, each of them within patience.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if len(steps) == 0 {
		require.NoError(b.t, chromedp.Do(b.ctx))
	}
	for _, step := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		err := chromedp.Do(ctx, step)
		cancel()
		require.NoError(b.t, err)
	}
}

// eval is the value of an expression, or of its promise, in the page of b.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return value
}

// open goes to a page, and waits until it shows links.
func (b *browser) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.await(`links().length > 0`)
}

// helpers are what the conditions of tests are made of.
const helpers = `
	const text = (id) => document.getElementById(id).innerText;
	const links = () => [...document.querySelectorAll("#links tbody tr")];
	const cellOf = (name, label) => {
		const row = links().find((tr) => tr.querySelector("a").textContent === name);
		return row ? row.querySelector("td[data-label='" + label + "']").innerText : "";
	};
	const when = (condition) => new Promise((done) => {
		let seen = false;
		const look = () => {
			if (seen || !condition()) return;
			seen = true;
			observer.disconnect();
			done(Date.now());
		};
		const observer = new MutationObserver(look);
		observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
		look();
	});
`

// await waits until a condition is true of the page.
func (b *browser) await(condition string) {
	b.t.Helper()
	b.expect(condition)
	b.told()
}

// expect begins to watch for a condition; told waits for it, and says when it was true.
func (b *browser) expect(condition string) {
	b.t.Helper()
	eval[bool](b, `(() => { `+helpers+` window.told = when(() => `+condition+`); return true; })()`)
}

func (b *browser) told() time.Time {
	b.t.Helper()
	return time.UnixMilli(int64(eval[float64](b, `window.told`)))
}

// see is the value of an expression of the helpers.
func see[T any](b *browser, expression string) T {
	b.t.Helper()
	return eval[T](b, `(() => { `+helpers+` return `+expression+`; })()`)
}

// tabTo presses the tab key until what a selector finds has the focus.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 50 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if eval[bool](b, `document.activeElement.matches(`+quoted(selector)+`)`) {
			return
		}
	}
	require.Fail(b.t, "the keyboard does not get to "+selector)
}

// screen is a size and a colour scheme.
type screen struct {
	name          string
	width, height int64
	scheme        string
}

var screens = []screen{
	{"phone-light", 390, 844, "light"},
	{"phone-dark", 390, 844, "dark"},
	{"desktop-light", 1440, 900, "light"},
	{"desktop-dark", 1440, 900, "dark"},
}

// use makes the browser one of that screen.
func (b *browser) use(s screen) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(s.width, s.height), func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}},
		})
		return chromedp.Void{}, err
	})
}

// quoted is a text as JavaScript has it.
func quoted(text string) string {
	made, _ := json.Marshal(text) // a string always can
	return string(made)
}
