package supervisor_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor"
)

// FuzzLoad: whatever a file holds, Load does not panic, and each fault has its
// place within it. What loads is valid.
func FuzzLoad(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	require.NoError(f, err)
	f.Add(example)
	for _, text := range []string{
		"links:\n- " + goodLink, "links: [{name: a, addrs: [\"h:1\"], maxLate: -1, signOn: {network: iso87}}]",
		"x-a: &a {b: 1}\nlinks:\n- <<: *a\n  name: ${A:-b}\n  echo: {network: visa, fields: {7: now}, then: [{value: '1'}]}",
		"groups: [{name: g, strategy: {hashByFields: [41], spec: Spec87}}]\nstans: {a: {first: 5}}\nnetworks: {n: {like: visa}}",
		"acceptors:\n- {name: a, addr: ':0', session: {spec: Spec87Hex, framing: base24, reject: {version9: '0'}}}", "a: [", "- - -",
		"defaults: {backoff: {cap: 5s}, tlsFiles: {ca: x}}\nlinks: [{}, {accept: b}]",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := supervisor.LoadBytes(exampleFile, data, exampleOptions)
		if err == nil {
			require.NoError(t, c.Validate())
			return
		}
		lines := 1
		for i, b := range data {
			if b == '\n' || b == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
				lines++
			}
		}
		faults := fileErrors(err)
		require.NotEmpty(t, faults)
		for _, e := range unwrapAll(err) {
			if fault, ok := e.(*supervisor.FileError); ok {
				require.Equal(t, exampleFile, fault.File)
				require.True(t, fault.Line >= 1 && fault.Line <= lines+1 && fault.Column >= 1, "%d lines: %v", lines, fault)
				require.NotEmpty(t, fault.Problem)
			}
		}
	})
}
