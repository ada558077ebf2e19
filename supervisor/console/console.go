package console

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/isolink-go/isolink/supervisor"
)

//go:embed static
var assets embed.FS

// Defaults of Options.
const (
	DefaultInterval   = time.Second
	DefaultMaxViewers = 32
)

// Options are what a console is made of. The zero value is one that shows, and lets
// nobody do anything.
type Options struct {
	// Title is shown on the page. The default is "isolink".
	Title string

	// Interval is how often the page is told what has changed, and how far apart the
	// points of its lines are; at least 100 ms. The default is 1 s. That a link has
	// changed its state does not wait for it.
	Interval time.Duration

	// MaxViewers is how many pages and taps are served at a time; further ones get
	// status 503. The default is 32.
	MaxViewers int

	// Authorize says whether a request may do that action, by an error that is shown to
	// whoever asked. Nil: there are no actions. A browser's request is asked about only
	// if it comes from the console's own page (Origin, Sec-Fetch-Site).
	Authorize func(r *http.Request, a Action) error

	// Audit gets each action that was asked for, with what became of it. It must not
	// block. Nil: Logger alone does.
	Audit func(Audit)

	// Logger gets each action, at level info, or warn where it was refused or failed. Nil
	// means slog.Default.
	Logger *slog.Logger
}

// errInterval is the fault of an Interval.
var errInterval = errors.New("console: Interval is below 100ms")

// Console is an http.Handler; see the package.
type Console struct {
	manager *supervisor.Manager
	options Options
	mux     *http.ServeMux
	history *history

	viewers chan struct{} // holds a value for each one

	mu   sync.Mutex
	last *shown // nil: nobody has looked yet

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

var _ http.Handler = (*Console)(nil)

// New makes a console of m, which follows it until Close. The error names the option
// at fault.
func New(m *supervisor.Manager, o Options) (*Console, error) {
	if o.Title == "" {
		o.Title = "isolink"
	}
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	if o.Interval < 100*time.Millisecond {
		return nil, errInterval
	}
	if o.MaxViewers <= 0 {
		o.MaxViewers = DefaultMaxViewers
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	c := &Console{
		manager: m, options: o, mux: http.NewServeMux(), history: newHistory(), viewers: make(chan struct{}, o.MaxViewers),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if err := c.routes(); err != nil {
		return nil, err
	}
	subscription := m.System().EventStream.Subscribe(c.history.event)
	c.running.Go(func() {
		defer m.System().EventStream.Unsubscribe(subscription)
		c.follow()
	})
	return c, nil
}

// Close ends all that is being shown, and stops to follow the manager. An action under
// way is done and answered.
func (c *Console) Close() {
	c.cancel()
	c.running.Wait()
}

func (c *Console) routes() error {
	static, err := fs.Sub(assets, "static")
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(collector{c.manager}); err != nil {
		return err
	}
	c.mux.Handle("GET /", http.FileServerFS(static))
	c.mux.HandleFunc("GET /api/status", c.serveStatus)
	c.mux.HandleFunc("GET /api/links/{name}", c.serveLink)
	c.mux.Handle("POST /api/links/{name}/{action}", http.NewCrossOriginProtection().Handler(http.HandlerFunc(c.act)))
	c.mux.HandleFunc("GET /events", c.serveEvents)
	c.mux.HandleFunc("GET /tap/{name}", c.serveTap)
	c.mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	c.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	c.mux.HandleFunc("GET /readyz", c.serveReady)
	return nil
}

// ServeHTTP serves the paths of the package.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	c.mux.ServeHTTP(w, r)
}

// follow takes a point of each link's lines, again and again.
func (c *Console) follow() {
	ticker := time.NewTicker(c.options.Interval)
	defer ticker.Stop()
	for {
		c.history.sample(c.manager.Status(), time.Now())
		select {
		case <-ticker.C:
		case <-c.ctx.Done():
			return
		}
	}
}

// serveReady is 200 while every group has its MinUp.
func (c *Console) serveReady(w http.ResponseWriter, _ *http.Request) {
	missing := notReady(c.manager.Status())
	if len(missing) == 0 {
		_, _ = w.Write([]byte("ready\n"))
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	for _, m := range missing {
		_, _ = w.Write([]byte(m + "\n"))
	}
}
