//go:build cgo

package gpu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPipelinesAreShared(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		same := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		other := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 2)))
		if p != same || p == other {
			t.Errorf("pipelines %p, %p with an equal spec, %p with another", p, same, other)
		}
		if p.layout != other.layout {
			t.Error("equal interfaces do not share a layout")
		}
	})
}

func TestPipelineRefuses(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		with := func(change func(*PipelineSpec)) error {
			spec := scaleAddSpec(32, 1)
			change(&spec)
			_, err := d.NewPipeline(spec)
			return err
		}
		info := d.Info()
		refused(t, with(func(s *PipelineSpec) { s.Specialization[0] = info.MaxWorkgroupInvocations + 1 }), ErrLimit, "scale_add", "workgroup")
		refused(t, with(func(s *PipelineSpec) { s.Specialization[0] = 0 }), ErrLimit, "workgroup")
		// One word of the module changed: a binding number, a push-constant offset.
		edit := func(change func(op uint32, operands []uint32)) func(*PipelineSpec) {
			return func(s *PipelineSpec) {
				m := must[*spirvModule](t)(readSPIRV(s.SPIRV))
				for at := spirvHeaderWords; at < len(m.code); at += int(m.code[at] >> 16) {
					change(m.code[at]&0xffff, m.code[at+1:at+int(m.code[at]>>16)])
				}
				s.SPIRV = must[[]byte](t)(binary.Append(nil, binary.LittleEndian, m.code))
			}
		}
		refused(t, with(edit(func(op uint32, operands []uint32) {
			if op == opDecorate && operands[1] == decorationBinding && operands[2] == 1 {
				operands[2] = 1<<30 - 1
			}
		})), ErrLimit, fmt.Sprintf("%d bindings", 1<<30))
		refused(t, with(edit(func(op uint32, operands []uint32) {
			if op == opMemberDecorate && operands[2] == decorationOffset && operands[3] == 4 {
				operands[3] = info.MaxPushConstants
			}
		})), ErrLimit, fmt.Sprintf("%d bytes of push constants", info.MaxPushConstants+4))
		refused(t, with(func(s *PipelineSpec) { s.Specialization = make([]uint32, 1000) }), ErrLimit, "1000 specialization")
		refused(t, with(func(s *PipelineSpec) { s.SPIRV = nil }), errSPIRV)
		refused(t, with(func(s *PipelineSpec) { s.SPIRV = s.SPIRV[1:] }), errSPIRV)
		refused(t, with(func(s *PipelineSpec) { s.SPIRV = s.SPIRV[4:] }), errSPIRV, "magic")
		refused(t, with(func(s *PipelineSpec) { s.SPIRV = s.SPIRV[:len(s.SPIRV)-4] }), errSPIRV, "cut off")
		refused(t, with(func(s *PipelineSpec) { s.SPIRV = s.SPIRV[:1024] }), errSPIRV)
	})
}

func TestSPIRV(t *testing.T) {
	m := must[*spirvModule](t)(readSPIRV(scaleAddCode))
	if got := m.workgroup([]uint32{64, 3}); got != [3]uint32{64, 1, 1} {
		t.Errorf("workgroup of %v", got)
	}
	if got := m.workgroup(nil); got != [3]uint32{1, 1, 1} {
		t.Errorf("workgroup of %v by default", got)
	}
	if bytes, err := m.pushBytes(); err != nil || bytes != 8 || m.bindingCount() != 2 {
		t.Errorf("%d bytes of push constants (%v), %d bindings; want 8 and 2", bytes, err, m.bindingCount())
	}
	if writable := m.writable(); len(writable) != 2 || !writable[0] || writable[1] {
		t.Errorf("writable bindings %v", writable)
	}
}

// TestPipelineCache runs a kernel with no cache on disk, a good one and damaged ones; the result must be the same.
func TestPipelineCache(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache", "pipelines")
	run := func(t *testing.T, d *Device) {
		a := must[*Buffer](t)(d.NewBuffer("a", 400))
		b := must[*Buffer](t)(d.NewBuffer("b", 400))
		s := must[*Stream](t)(d.NewStream("cached"))
		scaleAdd(t, s, must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1))), b, a, 3)
		succeed(t, s.Finish())
		succeed(t, s.Run())
		if !slices.Equal(download(t, b), slices.Repeat([]uint32{3}, 100)) {
			t.Error("wrong result")
		}
	}
	options := Options{CacheDir: folder}
	onEveryDevice(t, options, func(t *testing.T, d *Device) {
		run(t, d)
		path := d.cachePath()
		succeed(t, d.Close())
		good, err := os.ReadFile(path)
		succeed(t, err)
		again := must[*Device](t)(Open(d.Info().Index, options))
		if !bytes.Equal(again.readCache(), good[32:]) {
			t.Error("a good cache was not read")
		}
		succeed(t, again.Close())
		flipped := slices.Clone(good)
		flipped[len(flipped)-1] ^= 1
		for name, content := range map[string][]byte{"empty": {}, "short": good[:20], "cut": good[:len(good)-1], "flipped": flipped} {
			succeed(t, os.WriteFile(path, content, 0o644))
			damaged := must[*Device](t)(Open(d.Info().Index, options))
			if damaged.readCache() != nil {
				t.Errorf("%s cache was read", name)
			}
			run(t, damaged)
			succeed(t, damaged.Close())
			if repaired, err := os.ReadFile(path); err != nil || len(repaired) < 33 {
				t.Errorf("%s cache was not replaced: %v", name, err)
			}
		}
		left, err := filepath.Glob(filepath.Join(folder, "*"))
		temporary := func(name string) bool { return filepath.Ext(name) != ".cache" }
		if err != nil || !slices.Contains(left, path) || slices.ContainsFunc(left, temporary) {
			t.Errorf("files %v in the cache folder, %s and those of other devices expected", left, path)
		}
	})
}

func TestPipelineCacheUnwritable(t *testing.T) {
	infos := must[[]DeviceInfo](t)(Enumerate())
	file := filepath.Join(t.TempDir(), "file")
	succeed(t, os.WriteFile(file, nil, 0o644))
	d := must[*Device](t)(Open(infos[0].Index, Options{CacheDir: filepath.Join(file, "folder")}))
	refused(t, d.Close(), nil, "pipeline cache", "another cache folder")
}

// TestStatistics reads what drivers report of a pipeline: nothing from those that do not offer it, and
// from no device that was opened without Profile.
func TestStatistics(t *testing.T) {
	for _, profile := range []bool{false, true} {
		onEveryDevice(t, Options{Profile: profile}, func(t *testing.T, d *Device) {
			p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
			if all := d.Pipelines(); !slices.Equal(all, []*Pipeline{p}) {
				t.Errorf("pipelines %v, want %v", all, p)
			}
			statistics := must[[]Statistic](t)(p.Statistics())
			if offered := d.statistics; (len(statistics) > 0) != offered || offered && !profile {
				t.Errorf("profile %v, offered %v: statistics %v", profile, offered, statistics)
			}
		})
	}
}
