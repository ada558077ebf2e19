package messages

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What a file of STANs looks like: a mark, so that no other file is taken for one,
// and the counter at its full length, so that one that was cut short is not taken
// for a smaller one.
const (
	stanFileMark   = "isolink-stan "
	stanFileFormat = stanFileMark + "%020d\n"
	stanFileSize   = len(stanFileMark) + 20 + 1
)

// stanFileLocks holds a *sync.Mutex for each path: two STANFiles of one path must
// not read the same counter at once.
var stanFileLocks sync.Map

// STANFile is a [STANStore] in a file, for a single process: nothing keeps another
// process from reserving the same numbers at the same moment. It can be used by
// any number of STANs of one range, and of goroutines.
//
// The file is replaced, never written to: the new one is written beside it, under
// its name with ".tmp" behind, and flushed to the disk before it takes the other's
// place, and where the system can flush a folder, that is flushed too. So a crash
// leaves the old counter or the new one, and at worst a file that the next Reserve
// removes. (Windows does not say that replacing a file is atomic; if none is left,
// the counter begins anew, as described below.) The file can be read and written
// by its owner only, who must be able to create files in the folder.
//
// A counter without a file begins with the milliseconds since 1970, not with 0:
// when the file was lost, the numbers that were given last do not come again at
// once, provided that fewer than 1,000 a second were used since it began.
type STANFile struct {
	path string
	lock *sync.Mutex
}

// NewSTANFile returns the store in the file of that path, which is made by the
// first Reserve if it is not there; its folder has to be there. Nothing is opened
// yet, nor has anything to be closed later. A path that is not absolute is taken
// from the folder in which the process is now.
func NewSTANFile(path string) *STANFile {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	lock, _ := stanFileLocks.LoadOrStore(path, new(sync.Mutex))
	return &STANFile{path: path, lock: lock.(*sync.Mutex)}
}

// Reserve implements [STANStore]. It takes as long as the disk does.
//
// The error is a [*STANFileError] when the file is none that a STANFile has
// written, or is at the end of its numbers, or one of the operating system. The
// file is then as it was, except that the numbers may be reserved if it is the
// folder that could not be flushed.
func (f *STANFile) Reserve(count uint64) (first uint64, err error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	// It is read each time: the counter of the file is what counts, even if
	// somebody has set it meanwhile.
	first, err = f.read()
	if err != nil {
		return 0, err
	}
	if count > math.MaxUint64-first {
		return 0, &STANFileError{Path: f.path, Problem: "the counter is at its end"}
	}
	if err := f.replace(first + count); err != nil {
		return 0, err
	}
	return first, nil
}

func (f *STANFile) read() (uint64, error) {
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return uint64(max(time.Now().UnixMilli(), 0)), nil
	}
	if err != nil {
		return 0, err
	}
	if len(data) < stanFileSize {
		return 0, &STANFileError{Path: f.path, Problem: fmt.Sprintf("cut short: %d bytes of %d", len(data), stanFileSize)}
	}
	digits, marked := strings.CutPrefix(string(data), stanFileMark)
	digits, ended := strings.CutSuffix(digits, "\n")
	next, err := strconv.ParseUint(digits, 10, 64)
	if !marked || !ended || err != nil || len(data) != stanFileSize {
		return 0, &STANFileError{Path: f.path, Problem: "not a file of STANs"}
	}
	return next, nil
}

func (f *STANFile) replace(next uint64) error {
	temporary := f.path + ".tmp"
	// What a crash has left may be anything; O_EXCL makes sure that it is gone, and
	// that the permissions are those given here.
	_ = os.Remove(temporary)
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, stanFileFormat, next)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(temporary, f.path)
	}
	if err == nil && runtime.GOOS != "windows" { // which cannot flush a folder
		err = syncFolder(filepath.Dir(f.path))
	}
	return err
}

// syncFolder makes a replacement last, on all file systems that do not refuse to.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

// STANFileError says why a file gives no numbers. Nothing is made of such a file,
// nor is it replaced: a counter that began anew would give numbers twice. When it
// is clear what it is, restore it, or remove it to begin with the clock.
type STANFileError struct {
	// Path is the file's absolute path.
	Path string
	// Problem says what is wrong with it. It quotes nothing of the file.
	Problem string
}

// Error names the file, the problem and the way out.
func (e *STANFileError) Error() string {
	return fmt.Sprintf("STAN file %s: %s: restore it, or remove it to begin with the clock", e.Path, e.Problem)
}
