CREATE TABLE `overrides` (
	`id` text PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`serials` text NOT NULL,
	`by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`expires_ms` integer NOT NULL,
	`used_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `override_attempt` ON `overrides` (`run_id`,`attempt`);--> statement-breakpoint
ALTER TABLE `results` ADD `watch` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `restarts` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `orders` text DEFAULT '{}' NOT NULL;