package supervisor_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publicNames are the public names of a package of this module, such as Link, Link.Send
// and LinkConfig.Echo, behind a prefix.
func publicNames(t *testing.T, folder, prefix string, into map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			for _, n := range declared(d) {
				into[prefix+n] = true
			}
		}
	}
}

// declared are the names that a declaration has, and those of its fields.
func declared(d ast.Decl) (names []string) {
	if f, ok := d.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			return []string{f.Name.Name}
		}
		of := f.Recv.List[0].Type
		if p, ok := of.(*ast.StarExpr); ok {
			of = p.X
		}
		if id, ok := of.(*ast.Ident); ok {
			return []string{id.Name + "." + f.Name.Name}
		}
		return nil
	}
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			for _, n := range s.Names {
				names = append(names, n.Name)
			}
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
			made, ok := s.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, f := range made.Fields.List {
				for _, n := range f.Names {
					names = append(names, s.Name.Name+"."+n.Name)
				}
			}
		}
	}
	return names
}

// testNames are the tests of the module's packages.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	require.NoError(t, filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != ".." && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return nil
	}))
	return found
}

// TestTables: each row of the tables in the package's documentation says what there is
// in its own words, a public name, and a test; both exist. That the tests pass is
// theirs to show.
func TestTables(t *testing.T) {
	names := make(map[string]bool)
	publicNames(t, "supervisor/console", "console.", names)
	publicNames(t, "actors", "", names) // what of it this package shows by aliases
	publicNames(t, "supervisor", "", names)
	publicNames(t, "messages", "messages.", names)
	publicNames(t, "framing", "framing.", names)
	tests := testNames(t)
	columns := regexp.MustCompile(` {2,}`)
	for name, least := range map[string]int{"doc_features.go": 60, "doc_moov.go": 45, "doc_jpos.go": 40} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		rows := 0
		for line := range strings.Lines(string(text)) {
			row, isRow := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
			cells := columns.Split(row, -1)
			if !isRow || cells[len(cells)-1] == "test" {
				continue
			}
			rows++
			if assert.Len(t, cells, 3, "%s: %s", name, row) {
				assert.True(t, names[cells[1]], "%s: no such name: %s", name, row)
				assert.True(t, tests[cells[2]], "%s: no such test: %s", name, row)
			}
		}
		assert.GreaterOrEqual(t, rows, least, name)
	}
}
