package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/examples/internal/flags"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata"
)

func (r *reader) setSpec(v string) error {
	if v == "spec87" {
		r.spec = spec87.Spec
		return nil
	}
	raw, err := os.ReadFile(v)
	if err != nil {
		return err
	}
	spec, err := specs.ImportJSON(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", v, err)
	}
	r.spec = spec
	return nil
}

func (r *reader) setKeyFields(v string) error {
	r.keyFields = nil
	for part := range strings.SplitSeq(v, ",") {
		field, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("%q: give field numbers, such as 11,41", v)
		}
		r.keyFields = append(r.keyFields, field)
	}
	return nil
}

func (r *reader) setSeconds(v string) error {
	var seconds int
	err := flags.Number(&seconds, 0, 86_400)(v)
	r.length = time.Duration(seconds) * time.Second
	return err
}

// finish reads the file, which depends on the specification, and makes the
// configuration of the links.
func (r *reader) finish() {
	if r.flags.Given("count") && !r.flags.Given("seconds") {
		r.length = 0
	}
	if r.count == 0 && r.length == 0 {
		r.flags.Fault("seconds", errors.New("0, without a -count: it would never end"))
	}
	if err := r.readSamples(); err != nil {
		r.flags.Fault("file", err)
	}
	for i, addrs := range r.addrs {
		c := supervisor.LinkConfig{
			Name: "link-" + strconv.Itoa(i+1), Addrs: addrs, Spec: r.spec, Framing: r.framing,
			KeyFields: r.keyFields, SendTimeout: r.timeout, TLSFiles: r.tls,
		}
		if r.useTLS {
			c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		r.flags.Note(c.Validate())
		r.links = append(r.links, c)
	}
}

func (r *reader) readSamples() error {
	var file fs.File
	var err error
	if r.file == "" {
		file, err = testdata.Files.Open("transactions.hex")
	} else {
		file, err = os.Open(r.file)
	}
	if err != nil {
		return err
	}
	defer closeRead(file)
	r.samples, err = traffic.ReadSamples(file, r.spec)
	return err
}

// closeRead closes what was only read: nothing can be lost.
func closeRead(c io.Closer) { _ = c.Close() }
