package carddata

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"expvar"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"text/template"
)

// Way is one way in which programs print a value.
type Way struct {
	Name  string
	Print func(w io.Writer, v any)
}

// Ways are those by which values come into logs, errors and pages.
var Ways = func() []Way {
	var all []Way
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d") {
		all = append(all, Way{verb, func(w io.Writer, v any) { fmt.Fprintf(w, verb, v) }})
	}
	handlers := map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"JSON": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	}
	for _, name := range []string{"text", "JSON"} {
		logger := func(w io.Writer) *slog.Logger { return slog.New(handlers[name](w)) }
		all = append(all,
			Way{"slog, " + name, func(w io.Writer, v any) { logger(w).Info("printed", slog.Any("value", v)) }},
			Way{"slog, " + name + ", in a group", func(w io.Writer, v any) { logger(w).Info("printed", slog.Group("in", "value", v)) }},
			Way{"slog, " + name + ", in a list", func(w io.Writer, v any) { logger(w).Info("printed", "value", []any{v}) }},
		)
	}
	return append(all,
		Way{"in a list", func(w io.Writer, v any) { fmt.Fprintf(w, "%v %+v %#v", []any{v}, []any{v}, []any{v}) }},
		Way{"in a map", func(w io.Writer, v any) { fmt.Fprintf(w, "%v", map[string]any{"value": v}) }},
		Way{"in a struct", func(w io.Writer, v any) {
			fmt.Fprintf(w, "%v %+v %#v", struct{ V any }{v}, struct{ V any }{v}, struct{ V any }{v})
		}},
		Way{"log.Print", func(w io.Writer, v any) { log.New(w, "", 0).Print(v) }},
		Way{"json.Marshal", func(w io.Writer, v any) { encoded(w)(json.Marshal(v)) }},
		Way{"json.Marshal, in a struct", func(w io.Writer, v any) { encoded(w)(json.Marshal(struct{ V any }{v})) }},
		Way{"xml.Marshal", func(w io.Writer, v any) { encoded(w)(xml.Marshal(v)) }},
		Way{"expvar", func(w io.Writer, v any) { fmt.Fprint(w, expvar.Func(func() any { return v })) }},
		Way{"text/template", func(w io.Writer, v any) {
			_ = template.Must(template.New("").Parse("{{.}}")).Execute(w, v) // what it cannot print, it does not
		}},
		Way{"wrapped in an error", func(w io.Writer, v any) {
			if err, ok := v.(error); ok {
				fmt.Fprintf(w, "%v %+v %#v", fmt.Errorf("wrapped: %w", err), errors.Join(err, err), fmt.Errorf("wrapped: %w", err))
			}
		}},
	)
}()

// encoded writes what an encoder made, or its error.
func encoded(w io.Writer) func([]byte, error) {
	return func(text []byte, err error) { fmt.Fprintf(w, "%s %v", text, err) }
}

// Print prints v in each way, a line each.
func Print(w io.Writer, v any) {
	for _, way := range Ways {
		way.Print(w, v)
		fmt.Fprintln(w)
	}
}

// Printed is the text of Print.
func Printed(v any) string {
	var text bytes.Buffer
	Print(&text, v)
	return text.String()
}
