package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/flags"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

func TestDefaults(t *testing.T) {
	o, err := parse([]string{"-addr", "127.0.0.1:5001"}, io.Discard)
	require.NoError(t, err)
	require.Len(t, o.links, 1)
	assert.Equal(t, []string{"127.0.0.1:5001"}, o.links[0].Addrs)
	assert.Equal(t, framing.Binary2{}, o.links[0].Framing)
	assert.Same(t, spec87.Spec, o.links[0].Spec)
	assert.Nil(t, o.links[0].TLS)
	assert.Empty(t, o.links[0].KeyFields)
	assert.Equal(t, 5*time.Second, o.links[0].SendTimeout)
	assert.Equal(t, 2000, o.samples.Len())
	assert.Equal(t, 100, o.rate)
	assert.Zero(t, o.count)
	assert.Equal(t, 10*time.Second, o.length)
}

func TestFlags(t *testing.T) {
	certs := filepath.Join("..", "..", "testdata", "certs")
	o, err := parse([]string{
		"-addr", "127.0.0.1:5001,127.0.0.1:5002", "-addr", "127.0.0.1:5003", "-framing", "ascii4 inclusive",
		"-key-fields", "11, 37", "-rate", "250", "-count", "40", "-timeout", "700ms", "-wait", "3s", "-stan", "999",
		"-ca", filepath.Join(certs, "ca.pem"), "-cert", filepath.Join(certs, "client.pem"),
		"-key", filepath.Join(certs, "client-key.pem"), "-server-name", "localhost", "-tls", "-v",
		"-file", filepath.Join("..", "..", "testdata", "transactions.hex"),
	}, io.Discard)
	require.NoError(t, err)
	require.Len(t, o.links, 2)
	assert.Equal(t, []string{"127.0.0.1:5001", "127.0.0.1:5002"}, o.links[0].Addrs, "the second is an alternate")
	assert.Equal(t, []string{"127.0.0.1:5003"}, o.links[1].Addrs)
	assert.NotEqual(t, o.links[0].Name, o.links[1].Name)
	for _, link := range o.links {
		assert.Equal(t, framing.ASCII{Inclusive: true}, link.Framing)
		assert.Equal(t, []int{11, 37}, link.KeyFields)
		assert.Equal(t, 700*time.Millisecond, link.SendTimeout)
		assert.NotNil(t, link.TLS)
		assert.Equal(t, "localhost", link.TLSFiles.ServerName)
		assert.Equal(t, filepath.Join(certs, "ca.pem"), link.TLSFiles.CA)
		assert.Equal(t, filepath.Join(certs, "client.pem"), link.TLSFiles.Cert)
		assert.Equal(t, filepath.Join(certs, "client-key.pem"), link.TLSFiles.Key)
	}
	assert.Equal(t, 250, o.rate)
	assert.EqualValues(t, 40, o.count)
	assert.Zero(t, o.length, "a count alone sets no time")
	assert.Equal(t, 3*time.Second, o.wait)
	assert.EqualValues(t, 999, o.stan)
	assert.True(t, o.verbose)
}

func TestEveryFramingHasAName(t *testing.T) {
	for _, name := range framing.Names() {
		f, err := framing.Parse(name)
		require.NoError(t, err, name)
		o, err := parse([]string{"-addr", "127.0.0.1:1", "-framing", name}, io.Discard)
		require.NoError(t, err, name)
		assert.Equal(t, f, o.links[0].Framing)
	}
}

// faultsOf are the errors that err joins, by flag or configuration field.
func faultsOf(t *testing.T, err error) map[string]error {
	t.Helper()
	found := make(map[string]error)
	var visit func(error)
	visit = func(err error) {
		var config *messages.ConfigError
		var one *flags.Error
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				visit(e)
			}
			return
		}
		switch {
		case errors.As(err, &one):
			found["-"+one.Flag] = one
		case errors.As(err, &config):
			found[config.Field] = config
		default:
			t.Errorf("%T: %v", err, err)
		}
	}
	visit(err)
	return found
}

func TestAllThatIsWrongIsReportedAtOnce(t *testing.T) {
	_, err := parse([]string{
		"-addr", "nowhere", "-framing", "binary3", "-spec", "absent.json", "-ca", "absent.pem", "-cert", "client.pem",
		"-file", "absent.hex", "-rate", "0", "-count", "-1", "-seconds", "x", "-timeout", "5", "-wait", "-1s",
		"-key-fields", "11,x", "-stan", "1000000",
	}, io.Discard)
	got := faultsOf(t, err)
	for _, name := range []string{
		"-framing", "-spec", "-file", "-rate", "-count", "-seconds", "-timeout", "-wait", "-key-fields", "-stan",
		"Addrs[0]", "TLSFiles", "TLSFiles.CA",
	} {
		assert.Contains(t, got, name)
		delete(got, name)
	}
	assert.Empty(t, got, "and nothing that is not")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWrongCalls(t *testing.T) {
	for _, c := range []struct {
		flag string
		args []string
	}{
		{"-addr", nil},
		{"-", []string{"-addr", "127.0.0.1:1", "-unknown"}},
		{"-", []string{"-addr", "127.0.0.1:1", "argument"}},
		{"-seconds", []string{"-addr", "127.0.0.1:1", "-seconds", "0"}},
		{"KeyFields", []string{"-addr", "127.0.0.1:1", "-key-fields", "2"}},
	} {
		_, err := parse(c.args, io.Discard)
		got := faultsOf(t, err)
		assert.Len(t, got, 1)
		assert.Contains(t, got, c.flag)
	}
}

func TestHelp(t *testing.T) {
	var out strings.Builder
	_, err := parse([]string{"-h"}, &out)
	require.ErrorIs(t, err, flag.ErrHelp)
	for _, name := range []string{"addr", "framing", "spec", "ca", "cert", "key", "server-name", "file", "rate", "count", "seconds", "timeout", "key-fields"} {
		assert.Contains(t, out.String(), "-"+name+" ")
	}
	assert.Zero(t, command(t.Context(), []string{"-h"}, io.Discard, io.Discard))
}

// write writes a file for one test.
func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func TestASpecificationCanComeFromAFile(t *testing.T) {
	raw, err := specs.ExportJSON(specs.Spec87ASCII)
	require.NoError(t, err)
	o, err := parse([]string{
		"-addr", "127.0.0.1:1", "-spec", write(t, "spec.json", raw), "-file", write(t, "one.hex", asciiEcho(t)),
	}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, specs.Spec87ASCII.Name, o.spec.Name)
	assert.Same(t, o.spec, o.links[0].Spec)
	assert.Equal(t, 1, o.samples.Len())

	_, err = parse([]string{"-addr", "127.0.0.1:1", "-spec", write(t, "bad.json", []byte("{"))}, io.Discard)
	assert.Contains(t, faultsOf(t, err), "-spec")
}

func TestAFileThatIsNotOfTheSpecificationIsReportedByLine(t *testing.T) {
	_, err := parse([]string{"-addr", "127.0.0.1:1", "-file", write(t, "one.hex", asciiEcho(t))}, io.Discard)
	var line *traffic.LineError
	require.ErrorAs(t, err, &line)
	assert.Equal(t, 1, line.Line)
}
