// Package web serves the console of an example.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
)

// headerTime bounds the time that a request's header may take.
const headerTime = 5 * time.Second

// Server is a console that is served.
type Server struct {
	console *console.Console
	server  *http.Server
	url     string
	served  chan struct{} // closed when the server has ended
}

// Serve serves the console of m at addr, host:port; port 0 is one that is free. guard
// goes around it; nil is none. The error is that of console.New or of listening.
func Serve(m *supervisor.Manager, addr string, o console.Options, guard func(http.Handler) http.Handler) (*Server, error) {
	c, err := console.New(m, o)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		c.Close()
		return nil, err
	}
	var handler http.Handler = c
	if guard != nil {
		handler = guard(c)
	}
	s := &Server{
		console: c, url: fmt.Sprintf("http://%s/", listener.Addr()), served: make(chan struct{}),
		server: &http.Server{Handler: handler, ReadHeaderTimeout: headerTime, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)},
	}
	go func() {
		defer close(s.served)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) && o.Logger != nil {
			o.Logger.Error("the console has ended", slog.Any("error", err))
		}
	}()
	return s, nil
}

// URL is where it is.
func (s *Server) URL() string { return s.url }

// Close ends the console: what is being shown ends at once, what was asked for is
// answered, until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.console.Close()
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.server.Close())
	}
	<-s.served
	return err
}
