//go:build cgo

package gpu

// #include "shim.h"
import "C"

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// loadCache initializes the driver's pipeline cache from what an earlier run left on disk. A missing or damaged file is
// no error: its pipelines are compiled again.
func (d *Device) loadCache() error {
	var cache unsafe.Pointer
	data := d.readCache()
	result := vk.Result(C.shim_create_cache(d.shim, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), &cache))
	if result != vk.Success && len(data) > 0 {
		result = vk.Result(C.shim_create_cache(d.shim, nil, 0, &cache))
	}
	d.cache = vk.PipelineCache(cache)
	return check("creating a pipeline cache", result)
}

// cachePath names the file after everything that makes compiled code useless elsewhere.
func (d *Device) cachePath() string {
	name := fmt.Sprintf("%x-%08x-%08x-%08x.cache", d.info.UUID, d.info.VendorID, d.info.DeviceID, d.info.DriverVersion)
	return filepath.Join(d.options.CacheDir, name)
}

// readCache reads the file: the SHA-256 of the data, then the data. Drivers trust the data, so the sum must be right.
func (d *Device) readCache() []byte {
	if d.options.CacheDir == "" {
		return nil
	}
	content, err := os.ReadFile(d.cachePath())
	if err != nil || len(content) < sha256.Size {
		return nil
	}
	data := content[sha256.Size:]
	if sha256.Sum256(data) != [sha256.Size]byte(content) {
		return nil
	}
	return data
}

// closeCache writes the cache to disk and frees it.
func (d *Device) closeCache() error {
	if d.cache == nil {
		return nil
	}
	defer vk.DestroyPipelineCache(d.handle, d.cache, nil)
	if d.options.CacheDir == "" {
		return nil
	}
	if err := d.writeCache(); err != nil {
		return fmt.Errorf("writing the pipeline cache: %w: choose another cache folder or none", err)
	}
	return nil
}

func (d *Device) writeCache() error {
	var bytes uint
	if err := check("measuring the cache", vk.GetPipelineCacheData(d.handle, d.cache, &bytes, nil)); err != nil || bytes == 0 {
		return err
	}
	data := make([]byte, bytes)
	if err := check("reading the cache", vk.GetPipelineCacheData(d.handle, d.cache, &bytes, unsafe.Pointer(&data[0]))); err != nil {
		return err
	}
	data = data[:bytes]
	sum := sha256.Sum256(data)
	if err := os.MkdirAll(d.options.CacheDir, 0o755); err != nil {
		return err
	}
	return replaceFile(d.cachePath(), append(sum[:], data...))
}

// replaceFile writes a file so that other processes see either the old or the new content, never a mixture.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails after the rename, as intended
	_, err = file.Write(content)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	return err
}
