package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/isolink-go/isolink/examples/internal/web"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
)

// off is the address of a console that is not there.
const off = "off"

// run is the node's life: it ends with ctx, and reads its file again at each of
// hangups. The error says why there was none, or what its end has cut short.
func run(ctx context.Context, o options, hangups <-chan os.Signal, out io.Writer) error {
	logger := slog.New(slog.NewTextHandler(out, nil))
	if o.check {
		logger = slog.New(slog.DiscardHandler)
	}
	n, err := newNode(o, logger)
	if err != nil {
		return err
	}
	if o.check {
		err = n.check(out)
	} else {
		err = n.live(ctx, hangups)
	}
	closing, cancel := context.WithTimeout(context.Background(), o.within)
	defer cancel()
	return errors.Join(err, n.close(closing))
}

// check says what is in the file.
func (n *node) check(out io.Writer) error {
	p, err := n.load()
	if err != nil {
		return err
	}
	c := p.config
	_, err = fmt.Fprintf(out, "%s: links %d, groups %d, acceptors %d\n", n.options.config, len(c.Links), len(c.Groups), len(c.Acceptors))
	return err
}

// live starts what is in the file, and follows it until ctx ends.
func (n *node) live(ctx context.Context, hangups <-chan os.Signal) error {
	if err := n.apply(ctx); err != nil {
		return err
	}
	if n.options.console != off {
		if err := n.serve(); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			n.logger.Info("ending", slog.Duration("within", n.options.within))
			return nil
		case <-hangups:
			if err := n.apply(ctx); err != nil {
				n.logger.Error("not all of the file is applied; nothing of it where it is wrong", slog.Any("error", err))
			}
		}
	}
}

// apply is reload, told of. Who ends the node meanwhile does not cut short what is in
// flight: links that change or go have their time.
func (n *node) apply(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.options.within)
	defer cancel()
	applied, err := n.reload(ctx)
	if err != nil {
		return err
	}
	for _, a := range n.manager.Acceptors() {
		n.logger.Info("listening", slog.String("acceptor", a.Name()), slog.String("addr", a.Addr().String()))
	}
	n.logger.Info("applied "+n.options.config, told("links", applied.Links), told("groups", applied.Groups), told("acceptors", applied.Acceptors))
	return nil
}

func told(what string, c supervisor.Changes) slog.Attr {
	attrs := []any{slog.Int("unchanged", len(c.Unchanged))}
	for _, change := range []struct {
		name  string
		names []string
	}{{"added", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		if len(change.names) > 0 {
			attrs = append(attrs, slog.Any(change.name, change.names))
		}
	}
	return slog.Group(what, attrs...)
}

// serve serves the console.
func (n *node) serve() (err error) {
	o := console.Options{Title: "isolink node", Logger: n.logger}
	var guard func(http.Handler) http.Handler
	if n.options.operator != "" {
		guard = func(next http.Handler) http.Handler { return onlyOperator(n.options.operator, next) }
		o.Authorize = func(*http.Request, console.Action) error { return nil } // whoever has come that far
	}
	if n.web, err = web.Serve(n.manager, n.options.console, o, guard); err != nil {
		return err
	}
	n.logger.Info("the console is at "+n.web.URL(), slog.Bool("actions", guard != nil))
	return nil
}

// onlyOperator serves those who know the operator's name and password, name:password.
// What monitors ask for holds nothing secret, and is everybody's.
func onlyOperator(operator string, next http.Handler) http.Handler {
	name, password, _ := strings.Cut(operator, ":")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gotName, gotPassword, _ := r.BasicAuth()
		switch right := same(gotName, name) & same(gotPassword, password); {
		case right == 1, r.URL.Path == "/healthz", r.URL.Path == "/readyz", r.URL.Path == "/metrics":
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="isolink", charset="UTF-8"`)
			http.Error(w, "only the operator sees this", http.StatusUnauthorized)
		}
	})
}

// same is 1 for equal texts, and takes as long for others: the time tells nothing.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
