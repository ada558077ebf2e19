package supervisor

import (
	"os"
	"path/filepath"

	"github.com/moov-io/iso8583"
)

// LoadOptions say what a file cannot. The zero value will do where it says all.
type LoadOptions struct {
	// Link, Group and Acceptor are called for each of them, before it is judged: they
	// add what only a program can give, such as handlers and hooks. An error becomes
	// one of the file, at the place of the link, group or acceptor. They are not
	// called for one that has faults in the file. Nil: nothing is added.
	Link     func(*LinkConfig) error
	Group    func(*GroupConfig) error
	Acceptor func(*AcceptorConfig) error

	// Specs are message specifications that the file may name, beside those of
	// moov-io/iso8583. Load uses them as they are.
	Specs map[string]*iso8583.MessageSpec

	// Env looks up the variables of the file. Nil means os.LookupEnv.
	Env func(name string) (value string, found bool)
}

// Load reads links, groups and acceptors from a YAML file, and judges them: see "File
// format" in the documentation of the package. New takes what it returns, and
// Manager.Apply changes to it without a restart.
//
// The error joins every fault, each a *FileError, in the order of their places; one
// that Config.Validate finds wraps its *messages.ConfigError. Or it is that of reading
// the file (*fs.PathError). Nothing of the file's values shows in it but numbers,
// durations, names and addresses, and nothing that came from a variable.
func Load(name string, options LoadOptions) (Config, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return Config{}, err
	}
	return LoadBytes(name, data, options)
}

// LoadBytes is Load for the contents of a file that was read already. Paths in it are
// relative to the folder of name, which errors show.
func LoadBytes(name string, data []byte, options LoadOptions) (Config, error) {
	if options.Env == nil {
		options.Env = os.LookupEnv
	}
	l := &loader{
		name: name, dir: filepath.Dir(name), options: options,
		places: make(map[string]*node), reported: make(map[FileError]bool),
	}
	l.config.prints = make(map[[2]string]string)
	if root := l.parse(data); root != nil {
		l.document(root)
	}
	if len(l.faults) > 0 {
		return Config{}, l.err()
	}
	return l.config, nil
}
