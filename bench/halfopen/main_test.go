package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/testdata/leaktest"
)

// asMain makes the test's program be the program itself, as its role does.
const asMain = "HALFOPEN_MAIN"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-role" || os.Getenv(asMain) != "" {
		os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	leaktest.Main(m)
}

func TestWrongFlagsAreExitCode2(t *testing.T) {
	for args, want := range map[string]string{
		"-fast":     "flag provided but not defined",
		"-seed 1 x": `unexpected "x"`,
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, 2, program.Main(strings.Fields(args), &stdout, &stderr), args)
		assert.Contains(t, stderr.String(), want, args)
		assert.Empty(t, stdout.String(), args)
	}
}

func TestHelpIsExitCode0(t *testing.T) {
	var stdout, stderr bytes.Buffer
	assert.Zero(t, program.Main([]string{"-h"}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "-only")
}
