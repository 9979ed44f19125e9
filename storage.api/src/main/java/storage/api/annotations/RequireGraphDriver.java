package storage.api.annotations;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Requirement;
import storage.api.StorageConstants;

/**
 * Puts into the manifest of a consumer that it needs a backend, so that resolvers (bnd, Karaf, an application server)
 * bring one along.
 */
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE, ElementType.PACKAGE})
@Requirement(namespace = StorageConstants.DRIVER_NAMESPACE)
public @interface RequireGraphDriver {}
