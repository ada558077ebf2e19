package console

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/isolink-go/isolink/supervisor"
)

// Action is what an operator may ask for.
type Action string

// The actions. Pause settles what is in flight first, as restart does, which
// then connects again.
const (
	Pause   Action = "pause"
	Resume  Action = "resume"
	Restart Action = "restart"
	SignOn  Action = "signon"
	SignOff Action = "signoff"
	Echo    Action = "echo"
)

// actionTimeout is how long an action may take; what has not settled then is cut short.
const actionTimeout = time.Minute

// does is what each action does, in the order of the page.
var does = []struct {
	action Action
	do     func(context.Context, *supervisor.Link) error
}{
	{Pause, func(ctx context.Context, l *supervisor.Link) error { return l.Pause(ctx) }},
	{Resume, func(_ context.Context, l *supervisor.Link) error { return l.Resume() }},
	{Restart, func(ctx context.Context, l *supervisor.Link) error { return l.Restart(ctx) }},
	{SignOff, func(ctx context.Context, l *supervisor.Link) error { return l.SignOff(ctx) }},
	{SignOn, func(ctx context.Context, l *supervisor.Link) error { return l.SignOn(ctx) }},
	{Echo, func(_ context.Context, l *supervisor.Link) error { return l.Echo() }},
}

// Audit is an action that somebody asked for.
type Audit struct {
	At     time.Time
	Link   string
	Action Action
	Remote string // the address that the request came from
	// Allowed is false where Options.Authorize refused it, Err then says why; otherwise
	// Err is what the link said, nil when it is done.
	Allowed bool
	Err     error
}

// actions are those that there are; none without an authorizer.
func (c *Console) actions() []Action {
	all := []Action{}
	if c.options.Authorize == nil {
		return all
	}
	for _, d := range does {
		all = append(all, d.action)
	}
	return all
}

// act does what was asked for. What it asks of the link goes on when the browser has
// gone, or the console is closed: what is in flight is not to be cut short by that.
func (c *Console) act(w http.ResponseWriter, r *http.Request) {
	if c.options.Authorize == nil {
		http.Error(w, "this console is read-only", http.StatusForbidden)
		return
	}
	link := c.link(w, r)
	if link == nil {
		return
	}
	a := Audit{At: time.Now(), Link: link.Name(), Action: Action(r.PathValue("action")), Remote: r.RemoteAddr}
	do := doing(a.Action)
	if do == nil {
		http.Error(w, "there is no such action", http.StatusNotFound)
		return
	}
	if a.Err = c.options.Authorize(r, a.Action); a.Err != nil {
		c.audit(a)
		http.Error(w, a.Err.Error(), http.StatusForbidden)
		return
	}
	a.Allowed = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actionTimeout)
	defer cancel()
	a.Err = do(ctx, link)
	c.audit(a)
	if a.Err != nil {
		http.Error(w, a.Err.Error(), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func doing(a Action) func(context.Context, *supervisor.Link) error {
	for _, d := range does {
		if d.action == a {
			return d.do
		}
	}
	return nil
}

func (c *Console) audit(a Audit) {
	level, outcome := slog.LevelInfo, "done"
	switch {
	case !a.Allowed:
		level, outcome = slog.LevelWarn, "refused: "+a.Err.Error()
	case a.Err != nil:
		level, outcome = slog.LevelWarn, a.Err.Error()
	}
	c.options.Logger.Log(context.Background(), level, "console: "+string(a.Action),
		slog.String("link", a.Link), slog.String("remote", a.Remote), slog.String("outcome", outcome))
	if c.options.Audit != nil {
		c.options.Audit(a)
	}
}
