package data

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// What an archive may hold at most. N-MNIST has 60,000 files of some 20 KB.
const (
	maxArchiveFiles = 1 << 18
	maxArchiveFile  = 64 << 20 // bytes of a file
	maxArchiveBytes = 16 << 30 // bytes of all
)

// manifestName is a file in an unpacked folder, by which it is recognized.
const manifestName = ".fetched.json"

// manifest records what was unpacked into a folder.
type manifest struct {
	ArchiveMD5 string `json:"archive_md5"`
	Files      int    `json:"files"`
	Bytes      int64  `json:"bytes"`
	SHA256     string `json:"sha256"` // over names, lengths and SHA-256 of all files, by name
}

// contents collects the files of a folder.
type contents map[string][]byte // by path: length and SHA-256

func (c contents) add(path string, bytes int64, sum []byte) {
	c[path] = append(fmt.Appendf(nil, " %d ", bytes), sum...)
}

// sum returns the SHA-256 over all files.
func (c contents) sum() string {
	hash := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(hash, "%q%s", path, c[path])
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// presentFolder looks at a folder that may be there already. One that this program did not
// unpack is trusted; one that it did must be unchanged. Nothing in it is ever modified.
func (f *Fetch) presentFolder(ctx context.Context, folder string, p published) (Fetched, error) {
	info, err := os.Stat(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return Fetched{}, nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder: move it elsewhere and fetch again", folder)
	}
	if err != nil {
		return Fetched{}, err
	}
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return Fetched{}, err
	}
	done := Fetched{File: folder, Verified: Unverified, Already: true}
	found := contents{}
	progress := FetchProgress{File: filepath.Base(folder), Phase: "verifying"}
	buffer := make([]byte, 1<<18)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != root && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden, entry.IsDir():
			return nil
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		hash := sha256.New()
		bytes, err := io.CopyBuffer(onlyWriter{hash}, readerFunc(file.Read), buffer)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		found.add(filepath.ToSlash(name), bytes, hash.Sum(nil))
		done.Bytes += bytes
		progress.Done += bytes
		f.report(progress)
		return err
	})
	if err != nil {
		return Fetched{}, err
	}
	var was manifest
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &was)
	}
	if err != nil {
		return Fetched{}, fmt.Errorf("%s: %w", filepath.Join(folder, manifestName), err)
	}
	if sum := found.sum(); sum != was.SHA256 || was.ArchiveMD5 != p.packedMD5 {
		return Fetched{}, fmt.Errorf("%s holds %d files of %d bytes that are not the %d of %d bytes that were unpacked: remove the folder and fetch again",
			folder, len(found), done.Bytes, was.Files, was.Bytes)
	}
	done.MD5, done.Verified = was.ArchiveMD5, VerifiedKnown
	return done, nil
}

// unpackFolder unpacks the folder p.name of a zip archive and removes the archive. The folder
// gets its final name once it is complete.
func (f *Fetch) unpackFolder(ctx context.Context, packed, folder string, p published) (Fetched, error) {
	temporary := folder + ".unpacking"
	defer os.RemoveAll(temporary)
	made, err := f.unpackArchive(ctx, packed, temporary, p)
	if err != nil {
		if errors.Is(err, errArchive) {
			os.Remove(packed) // or it would be tried again next time
		}
		return Fetched{}, fmt.Errorf("unpacking %s: %w", packed, err)
	}
	if err := os.Rename(temporary, folder); err != nil {
		return Fetched{}, err
	}
	return Fetched{File: folder, Bytes: made.Bytes, MD5: made.ArchiveMD5}, os.Remove(packed)
}

// errArchive marks errors of the archive, as opposed to this machine's.
var errArchive = errors.New("damaged or unexpected archive")

// unpackArchive unpacks the folder p.name of an archive into the given folder, which is
// created anew.
func (f *Fetch) unpackArchive(ctx context.Context, packed, folder string, p published) (manifest, error) {
	archive, err := zip.OpenReader(packed)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return manifest{}, fmt.Errorf("%w: %w", errArchive, err)
	}
	if err != nil {
		return manifest{}, err
	}
	defer archive.Close()
	members, total, err := archiveMembers(archive.File, p.name)
	if err != nil {
		return manifest{}, err
	}
	if err := os.RemoveAll(folder); err != nil {
		return manifest{}, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return manifest{}, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return manifest{}, err
	}
	defer root.Close()
	found := contents{}
	progress := FetchProgress{File: p.name, Phase: "unpacking", Total: total}
	buffer := make([]byte, 1<<18)
	for _, m := range members {
		if err := ctx.Err(); err != nil {
			return manifest{}, err
		}
		sum, err := m.unpack(root, buffer)
		if err != nil {
			return manifest{}, fmt.Errorf("%s: %w", m.file.Name, err)
		}
		bytes := int64(m.file.UncompressedSize64)
		found.add(m.path, bytes, sum)
		progress.Done += bytes
		f.report(progress)
	}
	made := manifest{ArchiveMD5: p.packedMD5, Files: len(found), Bytes: total, SHA256: found.sum()}
	text, err := json.Marshal(made)
	if err == nil {
		err = root.WriteFile(manifestName, append(text, '\n'), 0o644)
	}
	return made, err
}

// member is a file of an archive that is unpacked.
type member struct {
	file *zip.File
	path string // in the folder, with slashes
}

// archiveMembers returns the files in a folder of an archive, and their total size in bytes.
// Hidden files and anything outside the folder are skipped. It is an error, wherever it is in
// the archive, if a member would leave the folder, is not a plain file or announces more than
// is allowed.
func archiveMembers(files []*zip.File, folder string) (members []member, total int64, err error) {
	refuse := func(format string, values ...any) ([]member, int64, error) {
		return nil, 0, fmt.Errorf("%w: %s", errArchive, fmt.Sprintf(format, values...))
	}
	if len(files) > maxArchiveFiles {
		return refuse("%d files found, at most %d are unpacked", len(files), maxArchiveFiles)
	}
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name, "/")
		switch mode := file.Mode(); {
		case !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") || !filepath.IsLocal(filepath.FromSlash(name)):
			return refuse("the name %q leads outside its folder", file.Name)
		case !mode.IsRegular() && !mode.IsDir():
			return refuse("%q is not a regular file (%v)", file.Name, mode)
		case file.UncompressedSize64 > maxArchiveFile:
			return refuse("%q: %d bytes announced, at most %d are unpacked", file.Name, file.UncompressedSize64, maxArchiveFile)
		case mode.IsDir():
			continue
		}
		top, rest, below := strings.Cut(name, "/")
		if top != folder || !below || strings.HasPrefix(rest, ".") || strings.Contains(rest, "/.") {
			continue
		}
		// Names that differ in case are the same file on some machines.
		if small := strings.ToLower(rest); seen[small] {
			return refuse("%q occurs twice", file.Name)
		} else {
			seen[small] = true
		}
		total += int64(file.UncompressedSize64)
		members = append(members, member{file, rest})
	}
	if total > maxArchiveBytes {
		return refuse("%d bytes announced, at most %d are unpacked", total, maxArchiveBytes)
	}
	if len(members) == 0 {
		return refuse("no files in a folder %s found", folder)
	}
	return members, total, nil
}

// unpack writes a file and returns its SHA-256. Package zip's reader verifies the checksum; it
// never returns more bytes than announced.
func (m member) unpack(root *os.Root, buffer []byte) ([]byte, error) {
	from, err := m.file.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errArchive, err)
	}
	defer from.Close()
	if err := root.MkdirAll(path.Dir(m.path), 0o755); err != nil {
		return nil, err
	}
	to, err := root.OpenFile(m.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	reader := readerFunc(func(block []byte) (int, error) {
		n, err := from.Read(block)
		if err != nil && err != io.EOF {
			err = fmt.Errorf("%w: %w", errArchive, err)
		}
		return n, err
	})
	written, err := io.CopyBuffer(onlyWriter{io.MultiWriter(to, sum)}, io.LimitReader(reader, int64(m.file.UncompressedSize64)+1), buffer)
	if err == nil && uint64(written) != m.file.UncompressedSize64 {
		err = fmt.Errorf("%w: %d bytes announced, but the data have a different length", errArchive, m.file.UncompressedSize64)
	}
	return sum.Sum(nil), errors.Join(err, to.Close())
}
