package console_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/console"
)

// TestNobodyMayAct: without an authorizer the page has no buttons for actions, and
// whoever asks all the same is refused.
func TestNobodyMayAct(t *testing.T) {
	b := newBrowser(t)
	d := newDesk(t, console.Options{})
	b.open(d.url)
	b.do(chromedp.Navigate(d.url + "#visa"))
	b.await(`text("detail-state").startsWith("● up")`)
	assert.Zero(t, see[int](b, `document.querySelectorAll("[data-action]").length`))
	assert.Equal(t, http.StatusForbidden, eval[int](b, `fetch("api/links/visa/pause", { method: "POST" }).then((r) => r.status)`))
	assert.Equal(t, messages.Up, d.manager.Link("visa").Status().State)
}

// officer says who may act, and what was asked for.
type officer struct {
	mu      sync.Mutex
	refuses error
	audits  []console.Audit
}

func (o *officer) authorize(*http.Request, console.Action) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refuses
}

func (o *officer) allow() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuses = nil
}

func (o *officer) audit(a console.Audit) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.audits = append(o.audits, a)
}

// last is the newest audit of n.
func (o *officer) last(t *testing.T, n int) console.Audit {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	require.Len(t, o.audits, n)
	return o.audits[n-1]
}

// TestPauseByKeyboard: by the keyboard alone an operator gets to a link, and pauses it;
// when that is refused the page says why. Both are on record.
func TestPauseByKeyboard(t *testing.T) {
	b := newBrowser(t)
	errNight := errors.New("not without a second operator")
	o := &officer{refuses: errNight}
	d := newDesk(t, console.Options{Authorize: o.authorize, Audit: o.audit})
	b.open(d.url)
	b.tabTo(`#links [data-key="link visa"]`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`text("detail-name") === "visa" && text("detail-state").startsWith("● up")`)
	assert.Equal(t, "detail-name", eval[string](b, `document.activeElement.id`), "what was opened has the focus")

	b.tabTo(`[data-action="pause"]`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`text("action-result") === "pause: not without a second operator"`)
	assert.Equal(t, "status", eval[string](b, `document.getElementById("action-result").role`), "it is read out when it changes")
	refused := o.last(t, 1)
	assert.Equal(t, console.Pause, refused.Action)
	assert.False(t, refused.Allowed)
	require.ErrorIs(t, refused.Err, errNight)
	assert.Equal(t, messages.Up, d.manager.Link("visa").Status().State)

	o.allow()
	b.do(chromedp.KeyEvent(" ")) // the button has the focus still
	b.await(`text("action-result") === "pause: done" && text("detail-state").startsWith("‖ paused")`)
	done := o.last(t, 2)
	assert.Equal(t, "visa", done.Link)
	assert.True(t, done.Allowed)
	require.NoError(t, done.Err)
	assert.Equal(t, messages.Paused, d.manager.Link("visa").Status().State)

	b.tabTo(`[data-action="resume"]`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`text("detail-state").startsWith("● up")`)
	b.do(chromedp.NavigateBack())
	b.await(`document.activeElement.dataset.key === "link visa"`)
}

// TestPagesOfOthers: what another site lets a browser post is refused, whoever the
// browser's user is.
func TestPagesOfOthers(t *testing.T) {
	b := newBrowser(t)
	o := &officer{}
	d := newDesk(t, console.Options{Authorize: o.authorize, Audit: o.audit})
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>other</title><form method="post" action="` + d.url + `api/links/visa/pause"><button>win</button></form>`))
	}))
	t.Cleanup(other.Close)
	for _, site := range []string{other.URL, "http://localhost" + other.URL[len("http://127.0.0.1"):]} {
		b.do(chromedp.Navigate(site))
		sent := eval[string](b, `fetch(`+quoted(d.url+"api/links/visa/pause")+`, { method: "POST", mode: "no-cors", credentials: "include" }).then((r) => r.type)`)
		assert.Equal(t, "opaque", sent, "it was sent, and another origin is not told the answer")
		response, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS("button")))
		require.NoError(t, err)
		assert.EqualValues(t, http.StatusForbidden, response.Status)
	}
	assert.Empty(t, o.audits, "nobody was asked who may")
	assert.Equal(t, messages.Up, d.manager.Link("visa").Status().State)
}
