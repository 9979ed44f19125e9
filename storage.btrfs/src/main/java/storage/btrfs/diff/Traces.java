package storage.btrfs.diff;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import storage.btrfs.kernel.SubvolumeInfo;
import storage.btrfs.kernel.Subvolumes;
import storage.btrfs.kernel.TreeSearch;
import storage.common.diff.Guide;
import storage.common.tree.LongSet;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Where two subvolumes with a common past may differ, from the filesystem's own transaction numbers.
 *
 * <p>What both have had since then lies in blocks that they share, and every change writes blocks and inodes with a higher
 * number, in the one that is changed. So an inode that neither has written since is the same in both: attributes,
 * content, and for a directory its entries. For each that was written, the names on the way down from the root are kept.
 * The search also meets inodes that were only read (their access time moved): those are known by what else is in them.
 *
 * <p>A deletion leaves no item, but it writes the directory. An inode number that was given away and taken again was
 * written too. Subvolumes inside one are other trees: wherever there is one, the names on the way to it are kept.
 */
final class Traces implements Guide {
    private final LongSet written = new LongSet();
    private final Map<Long, SortedSet<byte[]>> leads = new HashMap<>();
    private final TreeSearch search;
    private final Fork fork;

    private Traces(Syscalls linux, Fork fork) {
        search = new TreeSearch(linux);
        this.fork = fork;
    }

    /**
     * Searches both trees. What is to be seen has to be on disk.
     *
     * @param older descriptor of the root of a subvolume
     * @param newer descriptor of the root of another
     * @param fork up to when both are the same
     */
    static Traces find(Syscalls linux, int older, int newer, Fork fork) throws SyscallException {
        var traces = new Traces(linux, fork);
        var olderWritten = new Written(fork.transid());
        traces.search.inodesSince(older, fork.transid(), olderWritten);
        var newerWritten = new Written(fork.transid());
        traces.search.inodesSince(newer, fork.transid(), newerWritten);
        var inOlder = new Tree(older);
        var inNewer = new Tree(newer);
        traces.add(inOlder, olderWritten, inNewer, newerWritten);
        traces.add(inNewer, newerWritten, inOlder, olderWritten);
        traces.addNested(linux, inOlder);
        traces.addNested(linux, inNewer);
        return traces;
    }

    /** One of the two. */
    private static final class Tree {
        final int fd;

        /** Directories that lead somewhere, up to the root. */
        final LongSet known = new LongSet();

        Tree(int fd) {
            this.fd = fd;
        }
    }

    private void add(Tree tree, Written changed, Tree other, Written otherChanged) throws SyscallException {
        for (var i = 0; i < changed.count(); i++) {
            var inode = changed.inode(i);
            var here = Inode.read(search, tree.fd, inode);
            if (!here.isThere()) {
                continue; // removed since the search
            }
            if (changed.hasNewContent(inode)
                    || otherChanged.hasNewContent(inode)
                    || !isOnlyRead(inode, here, other, otherChanged)) {
                written.add(inode);
                lead(tree, here.names());
            }
        }
    }

    /**
     * Whether nothing but the time of access moved. Where the other's was not written, it is as it was at the fork, so that
     * equal means unchanged. Where both were, both could have been changed in the same way at the same moment, but not
     * before the fork.
     */
    private boolean isOnlyRead(long inode, Inode here, Tree other, Written otherChanged) throws SyscallException {
        var there = Inode.read(search, other.fd, inode);
        return here.isLike(there) && (!otherChanged.contains(inode) || here.changed() < fork.time());
    }

    private void lead(Tree tree, List<Inode.Name> names) throws SyscallException {
        for (var name : names) {
            var at = name;
            while (keep(at, tree) && at.directory() != Subvolumes.ROOT_INODE) {
                var above = Inode.read(search, tree.fd, at.directory()).names();
                if (above.isEmpty()) {
                    break; // removed since
                }
                at = above.get(0);
            }
        }
    }

    /** Keeps a name; false if the way to its directory is kept already. */
    private boolean keep(Inode.Name name, Tree tree) {
        leads.computeIfAbsent(name.directory(), key -> new TreeSet<>(Arrays::compareUnsigned))
                .add(name.bytes());
        return tree.known.add(name.directory());
    }

    /** A directory gives the number of a subvolume's tree as an inode, though it is none of its own tree's. */
    private void addNested(Syscalls linux, Tree tree) throws SyscallException {
        var nested = new Nested();
        var number = SubvolumeInfo.of(linux, tree.fd).tree();
        search.of(tree.fd, TreeSearch.ROOT_TREE, number, TreeSearch.ROOT_REF, TreeSearch.ROOT_REF, nested);
        for (var i = 0; i < nested.names.size(); i++) {
            written.add(nested.trees.get(i));
            lead(tree, List.of(nested.names.get(i)));
        }
    }

    @Override
    public boolean isSame(long inode) {
        return !written.contains(inode) && !leads.containsKey(inode);
    }

    @Override
    public Optional<Collection<byte[]>> names(long directory) {
        return written.contains(directory)
                ? Optional.empty()
                : Optional.of(leads.getOrDefault(directory, Collections.emptySortedSet()));
    }
}
