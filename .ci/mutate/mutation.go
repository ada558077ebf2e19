package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutation is one change of the code that a test must notice, as one file tells it.
type mutation struct {
	id      string   // the file's name without its ending
	name    string   // what is broken, in a few words
	reason  string   // the promise that it breaks, one line
	file    string   // the file to change, relative to the root, with slashes
	pkg     string   // the package whose tests must turn red, as go test takes it
	pattern string   // which of its tests, as -run takes it
	flags   []string // more flags for go test, such as -race
	find    []string // the lines to find, whole
	replace []string // the lines that take their place; none deletes
}

const ending = ".mutation"

// load reads the mutations of a folder, sorted by file name, or the one named
// only. Every faulty file is reported; a folder without one is an error, since a
// check of nothing would pass for ever.
func load(folder, only string) ([]mutation, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var mutations []mutation
	var faults []error
	for _, entry := range entries {
		id, isMutation := strings.CutSuffix(entry.Name(), ending)
		if !isMutation || (only != "" && id != only) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err == nil {
			var m mutation
			m, err = parse(id, string(text))
			mutations = append(mutations, m)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", entry.Name(), err))
		}
	}
	if len(faults) == 0 && len(mutations) == 0 {
		return nil, fmt.Errorf("no mutations found in %s", folder)
	}
	return mutations, errors.Join(faults...)
}

// parse reads one mutation and reports all its faults at once.
func parse(id, text string) (mutation, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	find := slices.Index(lines, "--- find")
	replace := slices.Index(lines, "--- replace")
	end := slices.Index(lines, "--- end")
	if find < 0 || replace < find || end < replace || end != len(lines)-1 {
		return mutation{}, errors.New("needs the lines --- find, --- replace and, as its last, --- end")
	}
	m := mutation{id: id, find: lines[find+1 : replace], replace: lines[replace+1 : end]}
	return m, errors.Join(m.parseHead(lines[:find]), m.validate())
}

// parseHead reads the lines "key: value" in front of the change.
func (m *mutation) parseHead(lines []string) error {
	var faults []error
	seen := map[string]bool{}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if seen[key] {
			faults = append(faults, fmt.Errorf("%s is there twice", key))
		}
		seen[key] = true
		switch key {
		case "name":
			m.name = value
		case "reason":
			m.reason = value
		case "file":
			m.file = value
		case "package":
			m.pkg = value
		case "run":
			m.pattern = value
		case "flags":
			m.flags = strings.Fields(value)
		default:
			faults = append(faults, fmt.Errorf("unknown key in %q", line))
		}
	}
	return errors.Join(faults...)
}

func (m *mutation) validate() error {
	var faults []error
	for _, needed := range []struct{ key, value string }{
		{"name", m.name}, {"reason", m.reason}, {"file", m.file}, {"package", m.pkg}, {"run", m.pattern},
	} {
		if needed.value == "" {
			faults = append(faults, fmt.Errorf("%s is missing", needed.key))
		}
	}
	if m.file != "" && !filepath.IsLocal(filepath.FromSlash(m.file)) {
		faults = append(faults, errors.New("file leaves the tree"))
	}
	if strings.HasSuffix(m.file, "_test.go") {
		faults = append(faults, errors.New("file is a test: a changed test proves nothing of the code"))
	}
	if len(m.find) == 0 {
		faults = append(faults, errors.New("there is no line to find"))
	}
	if slices.Equal(m.find, m.replace) {
		faults = append(faults, errors.New("the lines to find and their replacement are the same"))
	}
	return errors.Join(faults...)
}

// apply returns the text with the mutation's lines replaced. It fails unless they
// are there exactly once: none means that the code has moved on, two that nobody
// knows which promise is broken.
func (m *mutation) apply(text string) (string, error) {
	lines := strings.Split(text, "\n")
	at, times := 0, 0
	for i := range lines {
		if i+len(m.find) <= len(lines) && slices.Equal(lines[i:i+len(m.find)], m.find) {
			at = i
			times++
		}
	}
	if times != 1 {
		return "", fmt.Errorf("the text to find is %d times in %s, must be there once", times, m.file)
	}
	return strings.Join(slices.Replace(lines, at, at+len(m.find), m.replace...), "\n"), nil
}
