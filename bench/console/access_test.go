package console_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/console"
)

// TestAccess: what can be clicked is reached by the tab key, and each has a name for
// those who do not see it; so has what is only drawn.
func TestAccess(t *testing.T) {
	b := newBrowser(t)
	d := newDesk(t, console.Options{Authorize: allow})
	require.NoError(t, d.exchange(patient(t), "visa", "000001"))
	b.open(d.url)
	b.isNamed()
	b.reaches(3) // the title, two links
	b.do(chromedp.Navigate(d.url + "#visa"))
	b.await(`text("tallies").includes("0200") && document.querySelector("[data-action=echo]")`)
	b.reaches(9) // the title, the way back, six actions, the tap
	b.tabTo("#tap")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`text("tap-text").includes("the messages")`)
	b.isNamed()
	b.reaches(10) // and its text
}

// reaches checks that the tab key gets to all that can be clicked or scrolled, and that
// these are so many.
func (b *browser) reaches(count int) {
	b.t.Helper()
	const name = `((e) => [e.tagName, e.id, e.innerText.slice(0, 20)].join(" "))`
	there := eval[[]string](b, `[...document.querySelectorAll("a, button, [tabindex='0']")].filter((e) => e.checkVisibility()).map(`+name+`)`)
	assert.Len(b.t, there, count)
	var reached []string
	for range count + 1 { // once it leaves the page
		b.do(chromedp.KeyEvent(kb.Tab))
		if one := eval[string](b, name+`(document.activeElement)`); !strings.HasPrefix(one, "BODY") {
			reached = append(reached, one)
		}
	}
	assert.Subset(b.t, reached, there)
}

// isNamed checks what assistive technology is told of the page.
func (b *browser) isNamed() {
	b.t.Helper()
	tree, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
		return cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	})
	require.NoError(b.t, err)
	count := make(map[string]int)
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		var role, name string
		require.NoError(b.t, json.Unmarshal(node.Role.Value, &role))
		if node.Name != nil {
			require.NoError(b.t, json.Unmarshal(node.Name.Value, &name))
		}
		count[role]++
		switch role {
		case "link", "button", "image", "meter", "region", "heading", "columnheader", "RootWebArea":
			assert.NotEmpty(b.t, name, role)
		}
	}
	assert.NotZero(b.t, count["status"], "what is read out when it changes")
	assert.NotZero(b.t, count["link"])
	assert.Equal(b.t, 1, count["main"])
	assert.Equal(b.t, 1, count["banner"])
}
