package supervisor

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/isolink-go/isolink/framing/nearest"
)

// FileError is one fault of a file that Load reads. All faults are reported at once,
// joined with errors.Join.
type FileError struct {
	// File is the file's name, as Load was given it.
	File string
	// Line and Column are where it is, from 1 on.
	Line, Column int
	// Field is the path of the field at fault, such as "links[2].sendTimeout"; empty
	// where it is the file as a whole.
	Field string
	// Problem says what is wrong and what would be right.
	Problem string
	// Err is the error behind it: a *messages.ConfigError, that of LoadOptions'
	// functions or of another file; nil: there is none.
	Err error
}

// Error names file, line, column, field and way out.
func (e *FileError) Error() string {
	where := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Field != "" {
		where += e.Field + ": "
	}
	return where + e.Problem
}

// Unwrap is Err.
func (e *FileError) Unwrap() error { return e.Err }

// fault notes what is wrong at a node; what several links have by a default or an
// alias is noted once.
func (l *loader) fault(n *node, path, format string, args ...any) {
	l.wrap(n, path, nil, fmt.Sprintf(format, args...))
}

// wrap is fault, with the error behind it.
func (l *loader) wrap(n *node, path string, err error, problem string) {
	e := FileError{File: l.name, Line: max(n.line, 1), Column: max(n.column, 1), Field: path, Problem: problem}
	l.faulty = append(l.faulty, path)
	same := e
	same.Field = ""
	if l.reported[same] {
		return
	}
	l.reported[same] = true
	e.Err = err
	l.faults = append(l.faults, &e)
}

// err joins all faults.
func (l *loader) err() error {
	slices.SortStableFunc(l.faults, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	all := make([]error, len(l.faults))
	for i, e := range l.faults {
		all[i] = e
	}
	return errors.Join(all...)
}

// overlaps reports whether a path is, holds or is held by one that is at fault.
func (l *loader) overlaps(path string) bool {
	within := func(path, whole string) bool {
		rest, ok := strings.CutPrefix(path, whole)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(l.faulty, func(f string) bool { return within(path, f) || within(f, path) })
}

// word is what is shown of a key, or of a name that is none: nothing else would be one
// that was misspelled.
var word = regexp.MustCompile(`^[A-Za-z0-9_.+-]{1,40}$`)

// meant suggests what a name that is none was meant to be, or lists what there is. The
// name is shown unless it is hidden.
func meant(written string, hidden bool, names []string) string {
	slices.Sort(names)
	text := ""
	if !hidden && word.MatchString(written) {
		text = fmt.Sprintf("%q: ", written)
		small := make([]string, len(names))
		for i, name := range names {
			small[i] = strings.ToLower(name)
		}
		if near := nearest.Of(strings.ToLower(written), small); near != "" {
			return fmt.Sprintf("%sdid you mean %s?", text, names[slices.Index(small, near)])
		}
	}
	if len(names) == 0 {
		return text + "there is none"
	}
	return text + "give one of " + strings.Join(names, ", ")
}
