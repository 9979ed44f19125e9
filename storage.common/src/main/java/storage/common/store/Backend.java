package storage.common.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.common.archive.PrivilegeRecord;
import storage.common.diff.ChangeSink;
import storage.linux.Fd;

/**
 * What is different from one backend to the next; {@link RecordedLayerStore} makes a {@code LayerStore} of it.
 *
 * <p>The store above has checked everything that can be checked without knowing the layout: ids, existence, parents,
 * children, holds, states. It holds the layer's lock during each call (and the parent's shared during
 * {@link #create}), counts holds, keeps the record of what is being done, repairs after a crash, and does diffs by
 * comparing trees where the backend has no better way. A backend only does the work on its own layout. All methods may
 * be called from several threads at once, for different layers.
 *
 * <p>Methods throw {@link StorageException} where they have something to explain, and otherwise let the
 * {@code SyscallException} through; the store above tells it of the layer.
 */
public interface Backend extends AutoCloseable {
    /**
     * Makes the home where it is missing and puts its modes right. Called once, first of all, under the store's lock, and
     * only with write access.
     */
    default void prepare() throws IOException {}

    /** Called once, before anything but {@link #prepare}: lets the backend ask what is known of other layers. */
    default void attach(KnownLayers known) {}

    /** The layers in the home, in whatever state. Reads the disk. */
    Set<LayerId> ids() throws IOException;

    /** Whether the home has a layer of that id. One system call. */
    boolean exists(LayerId id) throws IOException;

    /** What a layer of that id is in the home, whether it is there or not. */
    Path folder(LayerId id);

    /**
     * What the layout itself says of a layer's parent. A layout that holds no parent links answers
     * {@link Parentage#UNRECORDED}, and the engine's layer database or our own record is asked instead.
     */
    Parentage parentage(LayerId id) throws IOException;

    /**
     * Makes a layer that shows what its parent shows. What has been made when something fails is undone through
     * {@code undo}.
     *
     * @param layer id, parent and kind; the state does not count
     */
    void create(Layer layer, LayerOptions options, Rollback undo) throws IOException;

    /**
     * Removes a layer, whole or half-made: what is not there is no error. It is neither mounted nor held. If it is
     * interrupted, calling it again finishes the work.
     */
    void remove(LayerId id) throws IOException;

    /**
     * Mounts a layer, or finds that it is mounted already (by an earlier process) and adopts it. A layer that needs no
     * mount is shown by its folder. Called for the first hold, and for comparisons of trees. In a store opened for
     * reading only the latter happens, after {@link #glimpse} has been asked; what would have to be mounted is refused
     * with CLOSED.
     *
     * @param layer image layers are mounted read-only where that is possible. One in the state UNKNOWN_PARENT is refused
     *     where the parent would be needed
     * @param label a security label, empty for none
     * @return where the tree can be seen
     */
    Path mount(Layer layer, String label) throws IOException;

    /**
     * Shows a layer's tree to a store opened for reading without a mount that anybody else can see or that could outlive
     * the descriptor. Empty where {@link #mount} shows the tree without mounting anything.
     */
    default Optional<Fd> glimpse(Layer layer) throws IOException {
        return Optional.empty();
    }

    /** Unmounts a layer, if it is mounted. Called after the last hold. */
    void unmount(Layer layer) throws IOException;

    /**
     * The layers that are mounted, by the mount table, and those that something of others' is mounted in: none of them
     * can be removed.
     */
    Set<LayerId> mounted() throws IOException;

    /** Whether {@link #mounted} has this layer. */
    default boolean isMounted(LayerId id) throws IOException {
        return mounted().contains(id);
    }

    /**
     * Unpacks an archive into a layer that shows its parent. On failure the store above lets it be {@linkplain #empty
     * emptied}, or removes it and creates it anew, so nothing needs to be undone here but what lies outside the layer.
     *
     * @return the sum of the sizes of the regular files in the archive
     */
    long apply(Layer layer, InputStream archive) throws IOException;

    /**
     * Takes back whatever {@link #apply} has done before it failed: the layer shows its parent again. Needs no space, so
     * that it works when the filesystem is full.
     *
     * @return false if this backend has no such way; then the layer is removed and created anew
     */
    default boolean empty(Layer layer) throws IOException {
        return false;
    }

    /** How to compute differences without comparing trees, where the layout has such a way. */
    default Optional<NativeDiff> nativeDiff() {
        return Optional.empty();
    }

    /** Puts right what trees of this layout show otherwise each time that they are looked at, before a sink is told of it. */
    default ChangeSink steady(ChangeSink sink) {
        return sink;
    }

    /**
     * When the files of a layer were last known to be the parent's, as a change time (ctime) of the home's filesystem in
     * nanoseconds since 1970: a file whose ctime is earlier has not been touched since. Empty if that is unknown or
     * means nothing in this layout; then the time at which the store finished creating the layer is taken, if the record
     * has it, which is right wherever the layer's own files lie on a local filesystem.
     *
     * <p>Without any such time, files of the same size and modification time are compared byte by byte, unless they are
     * the same inode.
     */
    default Optional<Long> pristineBefore(Layer layer) throws IOException {
        return Optional.empty();
    }

    /**
     * Whether {@link #pristineBefore} answers of itself for every layer. If not, the store finds out when it has created a
     * layer and records it, which takes one more write to the disk.
     */
    default boolean knowsPristine() {
        return false;
    }

    /**
     * Whether a layer comes to be by a transaction of the filesystem that the data root lies on, so that what was done there
     * before is on disk when the layer is.
     */
    default boolean commits() {
        return false;
    }

    /**
     * Whether layers lie on another filesystem than their records, so that no sync in a layer ever takes along what was done to
     * its record. A layer counts as created only when its record's name is on disk then.
     */
    default boolean isApart() {
        return false;
    }

    /** What a layer's files lack because the process may not do it, where that is recorded. */
    default Optional<PrivilegeRecord> privileges(LayerId id) throws IOException {
        return Optional.empty();
    }

    /** The files that a layer itself holds. */
    LayerFiles files(Layer layer) throws IOException;

    /** What {@code LayerStore.metadata} answers. */
    Map<String, String> metadata(Layer layer) throws IOException;

    /** What {@code LayerStore.status} answers. */
    Map<String, String> status() throws IOException;

    /** Damage in this layout, its paths told from the home; see {@link LayerCheck#findings}. */
    List<LayerCheck.Finding> findings() throws IOException;

    /** Puts right what {@link #findings} calls repairable; see {@link LayerCheck#repair}. */
    List<String> repair() throws IOException;

    /**
     * Moves a layer out of the home, unchanged, as a whole. It is neither mounted nor held.
     *
     * @param place a path that is free, on the filesystem of the data root
     * @return false if this layout cannot; then nothing has been done
     */
    default boolean setAside(LayerId id, Path place) throws IOException {
        return false;
    }

    /** After all layers were unmounted: lets go of devices and the like. */
    default void cleanup() throws IOException {}

    /** See {@code LayerStore.ability}. */
    default <T> Optional<T> ability(Class<T> ability) {
        return ability.isInstance(this) ? Optional.of(ability.cast(this)) : Optional.empty();
    }

    /** Releases what this process has. Mounts stay. */
    @Override
    default void close() throws IOException {}
}
