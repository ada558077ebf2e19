package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// scrapes is the configuration of a Prometheus that looks at one console.
const scrapes = `
global: {scrape_interval: 500ms, scrape_timeout: 500ms}
scrape_configs:
- job_name: isolink
  metrics_path: /desk/metrics
  static_configs: [{targets: [%q]}]
`

// promServer is a Prometheus that runs until the test ends.
type promServer struct {
	t    *testing.T
	addr string
	log  *bytes.Buffer
}

// newPrometheus starts one that scrapes a console.
func newPrometheus(t *testing.T, target string) *promServer {
	t.Helper()
	path := program(t, "prometheus", "prometheus")
	folder := t.TempDir()
	config := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, scrapes, target), 0o600))
	// A peer that refuses keeps its port from others, and lets one listen there.
	port := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Admission: linktest.Refuse})
	t.Cleanup(port.Close)
	p := &promServer{t: t, addr: port.Addr(), log: new(bytes.Buffer)}
	ctx, kill := context.WithTimeout(context.Background(), 8*patience) // some queries are awaited
	command := exec.CommandContext(ctx, path, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+p.addr, "--log.level=warn")
	command.Stdout, command.Stderr = p.log, p.log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		kill()
		_ = command.Wait() // it was killed
		if t.Failed() {
			t.Logf("prometheus: %s", p.log)
		}
	})
	return p
}

// series is a value by its labels.
type series struct {
	Metric map[string]string `json:"metric"`
	Value  [2]json.RawMessage
}

// query is what the HTTP API says now; nothing as long as it does not answer.
func (p *promServer) query(expression string) []series {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/api/v1/query?query="+url.QueryEscape(expression), nil)
	require.NoError(p.t, err)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode == http.StatusServiceUnavailable {
		return nil
	}
	var answer struct {
		Status string
		Error  string
		Data   struct{ Result []series }
	}
	require.NoError(p.t, json.Unmarshal(body, &answer), string(body))
	require.Equal(p.t, "success", answer.Status, answer.Error)
	return answer.Data.Result
}

// await queries until there are so many series that are all positive, and gives them by
// the labels that are named.
func (p *promServer) await(expression string, count int, labels ...string) map[string]float64 {
	p.t.Helper()
	var found map[string]float64
	require.Eventually(p.t, func() bool {
		found = make(map[string]float64)
		for _, s := range p.query(expression) {
			var key []string
			for _, l := range labels {
				key = append(key, s.Metric[l])
			}
			var text string
			var value float64
			if json.Unmarshal(s.Value[1], &text) != nil {
				return false
			}
			if _, err := fmt.Sscan(text, &value); err != nil || !(value > 0) {
				return false
			}
			found[strings.Join(key, " ")] = value
		}
		return len(found) == count
	}, patience, 50*time.Millisecond, expression)
	return found
}
