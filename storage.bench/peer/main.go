// Command peer runs the rows of storage.bench over an engine's own graph drivers, as Debian packages them
// (golang-github-docker-docker-dev), so that both sides are measured in one run.
//
// It is started with a driver's name and a folder, and then asked on standard input: a line "ROW COUNT" is answered by a
// line with the nanoseconds that COUNT rounds of the row took. What prepares a round and what cleans up after it is not
// counted; nor is closing the stream of a difference, which in these drivers sleeps until the next full second.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/daemon/graphdriver"
	_ "github.com/docker/docker/daemon/graphdriver/btrfs"
	_ "github.com/docker/docker/daemon/graphdriver/overlay"
	_ "github.com/docker/docker/daemon/graphdriver/overlay2"
	_ "github.com/docker/docker/daemon/graphdriver/vfs"
	"github.com/docker/docker/pkg/reexec"
)

// peer holds a driver and the layers that its rows have made.
type peer struct {
	driver graphdriver.Driver
	made   map[string]bool
	serial int
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func main() {
	if reexec.Init() {
		return
	}
	driver, err := graphdriver.GetDriver(os.Args[1], nil, graphdriver.Options{Root: os.Args[2], ExperimentalEnabled: true})
	check(err)
	p := &peer{driver: driver, made: map[string]bool{}}
	defer driver.Cleanup()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		count, err := strconv.Atoi(words[1])
		check(err)
		fmt.Println(p.row(words[0], count).Nanoseconds())
	}
}

// row times so many rounds of a row.
func (p *peer) row(name string, count int) time.Duration {
	switch name {
	case "exists":
		p.layer("base", "", nil)
		return p.each(count, func(int) {
			if !p.driver.Exists("base") {
				check(fmt.Errorf("the layer base is not there"))
			}
		})
	case "get":
		p.layer("base", "", nil)
		return p.each(count, func(int) {
			_, err := p.driver.Get("base", "")
			check(err)
		})
	case "mount":
		p.layer("base", "", nil)
		p.layer("child", "base", nil)
		return p.each(count, func(int) {
			_, err := p.driver.Get("child", "")
			check(err)
			check(p.driver.Put("child"))
		})
	case "create":
		p.layer("base", "", nil)
		return p.createAndRemove("base", count)
	case "create-10000":
		p.layer("base10000", "", func(root string) { files(root, 0, 10000, 1) })
		return p.createAndRemove("base10000", count)
	case "diff-10-added":
		p.layer("base10000", "", func(root string) { files(root, 0, 10000, 1) })
		p.layer("added10000", "base10000", func(root string) { files(root, 20000, 10, 2) })
		return p.diff("added10000", "base10000", count)
	case "apply-100":
		return p.apply(100, count)
	case "apply-1000":
		return p.apply(1000, count)
	case "diff-top-of-20":
		p.tower()
		return p.diff("tower19", "tower18", count)
	case "read-20":
		p.tower()
		root, err := p.driver.Get("tower19", "")
		check(err)
		file := filepath.Join(root.Path(), "d0", "f0")
		took := p.each(count, func(int) {
			_, err := os.ReadFile(file)
			check(err)
		})
		check(p.driver.Put("tower19"))
		return took
	}
	var changes, of int
	if n, _ := fmt.Sscanf(name, "diff-%d-of-%d", &changes, &of); n == 2 {
		base, changed := fmt.Sprintf("base%d", of), fmt.Sprintf("changed%dof%d", changes, of)
		p.layer(base, "", func(root string) { files(root, 0, of, 1) })
		p.layer(changed, base, func(root string) { files(root, 0, changes, 2) })
		return p.diff(changed, base, count)
	}
	check(fmt.Errorf("no row %s", name))
	return 0
}

// layer makes a layer once, and fills it.
func (p *peer) layer(id, parent string, fill func(root string)) {
	if p.made[id] {
		return
	}
	p.made[id] = true
	check(p.driver.CreateReadWrite(id, parent, nil))
	if fill != nil {
		root, err := p.driver.Get(id, "")
		check(err)
		fill(root.Path())
		check(p.driver.Put(id))
	}
}

func (p *peer) tower() {
	parent := ""
	for i := 0; i < 20; i++ {
		id := "tower" + strconv.Itoa(i)
		layer := i
		p.layer(id, parent, func(root string) { files(root, layer*10, 10, 1) })
		parent = id
	}
}

// files writes files of 64 bytes, a hundred in a directory.
func files(root string, from, count int, seed byte) {
	content := make([]byte, 64)
	for i := from; i < from+count; i++ {
		folder := filepath.Join(root, "d"+strconv.Itoa(i/100))
		check(os.MkdirAll(folder, 0755))
		for j := range content {
			content[j] = byte(i*31+j)*7 + seed
		}
		name := filepath.Join(folder, "f"+strconv.Itoa(i))
		os.Remove(name)
		check(os.WriteFile(name, content, 0644))
	}
}

func (p *peer) each(count int, round func(int)) time.Duration {
	start := time.Now()
	for i := 0; i < count; i++ {
		round(i)
	}
	return time.Since(start)
}

func (p *peer) createAndRemove(parent string, count int) time.Duration {
	return p.each(count, func(int) {
		p.serial++
		id := "new" + strconv.Itoa(p.serial)
		check(p.driver.CreateReadWrite(id, parent, nil))
		check(p.driver.Remove(id))
	})
}

func (p *peer) diff(id, parent string, count int) time.Duration {
	var took time.Duration
	for i := 0; i < count; i++ {
		start := time.Now()
		stream, err := p.driver.Diff(id, parent)
		check(err)
		_, err = io.Copy(io.Discard, stream)
		check(err)
		took += time.Since(start)
		stream.Close()
	}
	return took
}

func (p *peer) apply(number, count int) time.Duration {
	base := "base" + strconv.Itoa(number)
	changed := "changed" + strconv.Itoa(number)
	p.layer(base, "", func(root string) { files(root, 0, number, 1) })
	p.layer(changed, base, func(root string) { files(root, 0, number, 2) })
	var took time.Duration
	for i := 0; i < count; i++ {
		p.serial++
		id := "new" + strconv.Itoa(p.serial)
		check(p.driver.Create(id, base, nil))
		start := time.Now()
		stream, err := p.driver.Diff(changed, base)
		check(err)
		_, err = p.driver.ApplyDiff(id, base, stream)
		check(err)
		took += time.Since(start)
		stream.Close()
		check(p.driver.Remove(id))
	}
	return took
}
