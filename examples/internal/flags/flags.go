// Package flags reads the command lines of the examples: package flag, but all
// that is wrong is reported at once.
//
//	set := flags.New("host", "Answers requests.\n\n\thost [flags]\n\n")
//	set.Add("rate", "`requests` a second", flags.Number(&rate, 1, 1_000))
//	if err := set.Parse(args, os.Stderr); err != nil {
//		return err // flag.ErrHelp: the help was printed
//	}
//	…
//	return set.Err()
package flags

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/isolink-go/isolink/framing"
)

// Error is a flag whose value is of no use.
type Error struct {
	// Flag is its name; empty for what is no flag.
	Flag string
	// Err says what is wrong, and what would be right.
	Err error
}

// Error names the flag.
func (e *Error) Error() string {
	if e.Flag == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("-%s: %v", e.Flag, e.Err)
}

// Unwrap gives Err to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Set is a program's flags. It notes what is wrong and goes on.
type Set struct {
	intro  string
	flags  *flag.FlagSet
	faults []error
}

// New makes the flags of the program of that name. intro stands in front of its
// help.
func New(name, intro string) *Set {
	s := &Set{intro: intro, flags: flag.NewFlagSet(name, flag.ContinueOnError)}
	s.flags.SetOutput(io.Discard) // errors are reported with all others
	return s
}

// Add defines a flag whose wrong values are noted, not returned: package flag
// would stop at the first.
func (s *Set) Add(name, usage string, set func(string) error) {
	s.flags.Func(name, usage, func(v string) error {
		if err := set(v); err != nil {
			s.Fault(name, err)
		}
		return nil
	})
}

// Bool defines a flag that is off unless it is given.
func (s *Set) Bool(to *bool, name, usage string) { s.flags.BoolVar(to, name, false, usage) }

// Fault notes what is wrong with a flag; an empty name is for what is no flag.
func (s *Set) Fault(name string, err error) {
	s.faults = append(s.faults, &Error{Flag: name, Err: err})
}

// Note notes another error, as it is; nil is none.
func (s *Set) Note(err error) {
	if err != nil {
		s.faults = append(s.faults, err)
	}
}

// Parse reads the flags. Its only error is flag.ErrHelp, when the help was asked
// for, and printed to out; Err has all others.
func (s *Set) Parse(args []string, out io.Writer) error {
	switch err := s.flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, s.intro)
		s.flags.SetOutput(out)
		s.flags.PrintDefaults()
		return err
	case err != nil:
		s.Fault("", err)
	case s.flags.NArg() > 0:
		s.Fault("", fmt.Errorf("%q is no flag", s.flags.Arg(0)))
	}
	return nil
}

// Given reports whether a flag was given.
func (s *Set) Given(name string) (given bool) {
	s.flags.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// Err joins all that was noted: an *Error for each flag, and what Note was given.
func (s *Set) Err() error { return errors.Join(s.faults...) }

// Text takes any text.
func Text(to *string) func(string) error {
	return func(v string) error {
		*to = v
		return nil
	}
}

// Number takes a decimal number between two others, these included.
func Number[T int | uint64](to *T, least, most int64) func(string) error {
	return func(v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q: give a number from %d to %d", v, least, most)
		}
		*to = T(n)
		return nil
	}
}

// Duration takes a positive duration.
func Duration(to *time.Duration) func(string) error {
	return func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q: give a positive time with its unit, such as 500ms or 10s", v)
		}
		*to = d
		return nil
	}
}

// Framing takes the name of a framing, as framing.Parse does.
func Framing(to *framing.Framer) func(string) error {
	return func(v string) error {
		f, err := framing.Parse(v)
		if err != nil {
			return err
		}
		*to = f
		return nil
	}
}
