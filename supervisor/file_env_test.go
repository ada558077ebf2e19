package supervisor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor"
)

// TestLoadShowsNoVariable: what came from one is in no error, however it is printed: with
// its quotes escaped, or as the name of a file.
func TestLoadShowsNoVariable(t *testing.T) {
	link := strings.TrimSuffix(goodLink, "}")
	const acceptor = `acceptors: [{name: a, addr: ":1", session: {spec: Spec87ASCII, framing: binary2}`
	for _, value := range []string{`hunter2"\`, "hunter2\x01", "./hunter2/../hunter2.pem", "hunter2 ü"} {
		for _, text := range []string{
			"links:\n- " + strings.Replace(goodLink, "name: a", `name: "${SECRET}"`, 1),
			"links:\n- " + link + `, localAddr: "${SECRET}"}`,
			"links:\n- " + link + `, scope: "${SECRET}"}`,
			"links:\n- " + link + `, tlsFiles: {ca: "${SECRET}"}}`,
			"links:\n- " + link + `, tlsFiles: {cert: "${SECRET}", key: "${SECRET}"}}`,
			`links: [{name: a, addrs: ["${SECRET}"], spec: Spec87ASCII, framing: binary2}]`,
			`links: [{name: a, accept: "${SECRET}", spec: Spec87ASCII, framing: binary2}]`,
			`groups: [{name: "${SECRET}"}]`,
			`groups: [{name: a, links: ["${SECRET}"]}]`,
			strings.Replace(acceptor, "name: a", `name: "${SECRET}"`, 1) + "}]",
			strings.Replace(acceptor, ":1", "${SECRET}", 1) + "}]",
			acceptor + `, allow: ["${SECRET}"]}]`,
			acceptor + `, tlsFiles: {ca: "${SECRET}"}}]`,
		} {
			_, err := supervisor.LoadBytes("f.yaml", []byte(text), supervisor.LoadOptions{
				Env: variables(map[string]string{"SECRET": value}),
			})
			require.Error(t, err, text)
			for _, e := range append(unwrapAll(err), err) {
				assert.NotContains(t, e.Error(), "hunter2", text)
			}
		}
	}
}

// TestLoadDefaults: a default is a text, in which $$ is a dollar; it cannot hold a
// variable, whose brace would end it.
func TestLoadDefaults(t *testing.T) {
	for text, want := range map[string]string{
		"${NONE:-a}": "a", "${NONE:-}b": "b", "${A:-x}": "1", "${NONE:-a$$b}": "a$b", "$${A}": "${A}", "$A": "$A",
		"${NONE:-${A}}": "", "${A:-${NONE:-x}}": "",
	} {
		config, err := supervisor.LoadBytes("f.yaml", []byte("links:\n- "+strings.Replace(goodLink, "}", `, tlsFiles: {serverName: "`+text+`"}}`, 1)),
			supervisor.LoadOptions{Env: variables(map[string]string{"A": "1"})})
		if want == "" {
			assert.ErrorContains(t, err, "give ${NAME}, ${NAME:-default}, or $$ for a dollar", text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, config.Links[0].TLSFiles.ServerName, text)
	}
}

// TestLoadAcceptOfNobody: a link whose accept is empty connects, as the defaults say: with
// their TLS, above all.
func TestLoadAcceptOfNobody(t *testing.T) {
	for _, accept := range []string{"null", `""`, `"${NONE:-}"`} {
		text := "defaults: {tlsFiles: {serverName: bank}, backoff: {base: 7s}}\nlinks:\n- " + strings.Replace(goodLink, "}", ", accept: "+accept+"}", 1)
		config, err := supervisor.LoadBytes("f.yaml", []byte(text), supervisor.LoadOptions{Env: variables(nil)})
		require.NoError(t, err, accept)
		assert.Empty(t, config.Links[0].Accept, accept)
		assert.Equal(t, "bank", config.Links[0].TLSFiles.ServerName, accept)
		assert.Equal(t, 7*time.Second, config.Links[0].Backoff.Base, accept)
	}
}
