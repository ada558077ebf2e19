package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/console"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// TestNoCardDataOnThePage: the page shows messages of a link with card data masked, and
// has it nowhere else.
func TestNoCardDataOnThePage(t *testing.T) {
	b := newBrowser(t)
	d := newDesk(t, console.Options{})
	b.open(d.url)
	b.do(chromedp.Navigate(d.url + "#visa"))
	b.await(`text("detail-state").startsWith("● up")`)
	b.tabTo("#tap")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`text("tap-text").includes("the messages of visa")`)
	assert.Equal(t, "true", eval[string](b, `document.getElementById("tap").ariaPressed`))
	const most = 20
	for n := range most {
		require.NoError(t, d.exchange(patient(t), "visa", fmt.Sprintf("%06d", n+1)))
	}
	b.await(fmt.Sprintf(`text("tap-text").split("received").length - 1 >= %d`, most))
	page := eval[string](b, `document.documentElement.outerHTML`)
	masked := carddata.PAN[:4] + "****" + carddata.PAN[12:]
	for _, shown := range []string{"visa session 1: sent", "0200", "0210", "F11", "000020", masked} {
		assert.True(t, strings.Contains(page, shown), shown) // Contains would print the page
	}
	assert.Empty(t, carddata.Find(page))
	b.await(`text("tallies").includes("0200")`)
	for _, path := range []string{"api/status", "api/links/visa", "metrics"} {
		assert.Empty(t, carddata.Find(eval[string](b, `fetch(`+quoted(path)+`).then((r) => r.text())`)), path)
	}

	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`text("tap") === "Show messages"`)
}
