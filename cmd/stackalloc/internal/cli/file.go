package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is an output that replaces a file when it is complete, and not before.
type File struct {
	*os.File
	name string // to replace; empty where it is written directly
}

// Create begins an output. What is no regular file, as a pipe, is written directly.
func Create(name string) (*File, error) {
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		if st.IsDir() {
			return nil, fmt.Errorf("%s is a directory", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &File{File: f}, err
	} else if err == nil {
		// A symbolic link stays one, and what may not be written is not replaced.
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		f.Close()
	}
	for i := 0; ; i++ {
		temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d-%d.tmp", filepath.Base(name), os.Getpid(), i))
		// Not CreateTemp, whose files nobody else may read.
		f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, os.ErrExist) && i < 100 {
			continue
		}
		if err != nil {
			return nil, err
		}
		if st, err := os.Stat(name); err == nil {
			f.Chmod(st.Mode().Perm())
		}
		return &File{f, name}, nil
	}
}

// Commit puts the output in place.
func (f *File) Commit() error {
	temp := f.Name()
	err := f.Close()
	if f.name == "" {
		return err
	}
	if err == nil {
		err = os.Rename(temp, f.name)
	}
	if err != nil {
		os.Remove(temp)
	}
	f.name = ""
	return err
}

// Discard drops an output that was not committed. After Commit it does nothing, so
// that it can be deferred.
func (f *File) Discard() {
	temp := f.Name()
	if f.Close() == nil && f.name != "" {
		os.Remove(temp)
	}
}
