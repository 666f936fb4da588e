"""Which tests, beside the code that they are about, are those for defects of 0.7; the others are in test_defects.py."""

ELSEWHERE = {
    # the end of a run
    "finish() again rewrites the end": "sdk/test_lifecycle.py::test_the_first_end_stands",
    "a wrong snapshot_format or tqdm_mode leaves a ghost run": (
        "sdk/test_init.py::test_a_wrong_argument_raises_and_leaves_nothing"
    ),
    "a logging handler writes after finish()": "sdk/test_text.py::test_a_finished_run_is_given_nothing",
    "a NoOpRun lacks names and parameters": "sdk/test_noop.py::test_the_names_and_signatures_are_those_of_a_run",
    # the console
    "overlapping captures break each other": "sdk/test_console.py::test_overlapping_runs",
    "only what Python prints is captured": (
        "sdk/test_console.py::test_what_python_c_and_children_print_is_told_apart"
    ),
    "stdout and stderr look the same": "sdk/test_console.py::test_what_python_c_and_children_print_is_told_apart",
    "CRLF and blank lines are lost": "sdk/test_console.py::test_colours_crlf_and_blank_lines_are_kept",
    "a line printed in pieces is several lines": "sdk/test_lines.py::test_where_a_text_is_cut_does_not_matter",
    "mode none drops what was printed beside a bar": "sdk/test_lines.py::test_a_bar",
    "an unfinished line is lost when the process is killed": (
        "sdk/test_console.py::test_nothing_is_lost_or_reordered_when_the_trainer_is_killed"
    ),
    # config and environment
    "the contents of config files are not kept": "sdk/test_log_config.py::test_the_contents_of_config_files",
    "config files that are missing are not told": (
        "sdk/test_log_config.py::test_files_that_cannot_be_kept_are_listed_and_a_notice_says_why"
    ),
    "the environment needs pip and other programs": "sdk/test_environment.py::test_what_cannot_be_had_is_left_out",
    # code
    "root-anchored ignore patterns never match": "daemon/test_ignore.py::test_root_anchored_patterns_match",
    "* crosses / in ignore patterns": "daemon/test_ignore.py::test_a_star_does_not_cross_folders",
    "an empty .rnignore ships .git": "daemon/test_ignore.py::test_an_empty_ignore_file_does_not_ship_git",
    "a .gitignore below the root is not read": (
        "daemon/test_ignore.py::test_gitignore_files_mean_what_git_takes_them_for"
    ),
    "the own storage root is in the snapshot": (
        "daemon/test_snapshot.py::test_no_storage_root_is_swallowed_wherever_it_is_and_whatever_is_said"
    ),
    "the ignore file is in the snapshot": (
        "daemon/test_ignore.py::test_the_ignore_file_itself_is_no_code_unless_it_says_so"
    ),
    "symbolic links are followed": "daemon/test_snapshot.py::test_links_are_kept_as_links_and_never_followed",
    "files from before 1980 stop the snapshot": "daemon/test_snapshot.py::test_files_from_before_1980_are_taken",
    "the zip is included the next time": (
        "daemon/test_snapshot.py::test_a_zip_inside_the_root_is_not_included_the_next_time"
    ),
    "a missing workspace is an empty zip": "daemon/test_snapshot.py::test_a_missing_root_is_an_error_and_no_empty_zip",
    "a snapshot that is too large removes the run": (
        "sdk/test_snapshot_code.py::test_what_is_too_large_leaves_the_run_and_says_so"
    ),
    "unchanged code is stored again": (
        "sdk/test_snapshot_code.py::test_unchanged_code_is_stored_once_by_runs_one_after_the_other_and_side_by_side"
    ),
    "git's diff is not kept": "sdk/test_snapshot_code.py::test_git_is_told_with_what_differs",
    # images
    "a missing file raises into the training": "sdk/test_images.py::test_defect_a_missing_file_raised_into_training",
    "arrays of floats raise": "sdk/test_images.py::test_defect_arrays_of_floats_raised",
    "format jpg raises": "sdk/test_images.py::test_defect_the_documented_format_jpg_raised",
    "a key with a slash raises": "sdk/test_images.py::test_defect_a_key_with_a_slash_raised",
    "a JPEG is copied as .png": (
        "sdk/test_images.py::test_defect_a_file_kept_the_declared_extension_whatever_it_was"
    ),
    # datasets and pretrained models
    "a known fingerprint blocks the next dataset": "sdk/test_log_dataset.py::test_a_known_fingerprint_locks_nothing",
    "a missing path with save=True is silently not saved": (
        "sdk/test_log_dataset.py::test_a_missing_path_is_not_silently_unsaved"
    ),
    "a dataset that is too large raises into the training": (
        "sdk/test_log_dataset.py::test_too_large_is_said_and_never_raised"
    ),
    "a dataset that is logged again is listed again": "sdk/test_log_dataset.py::test_duplicate_names_are_merged",
    "archiving blocks the caller": "sdk/test_log_dataset.py::test_no_call_waits_for_the_hashing_and_copying",
    "a URI becomes a path": "sdk/test_log_dataset.py::test_uris_are_kept_verbatim",
    # outputs
    "any mode is taken": "sdk/test_outputs.py::test_wrong_arguments_are_errors_before_anything_is_asked",
    "files that are written last are not archived": (
        "sdk/test_outputs.py::test_a_watch_archives_what_comes_and_what_is_written_last"
    ),
    "changes below a folder are not seen": "outputs/test_scan.py::test_a_folder_s_change_is_seen_in_the_files_below_it",
    "unchanged outputs are hashed and copied again": (
        "outputs/test_scan.py::test_unchanged_files_are_neither_hashed_nor_copied_again"
    ),
    "errors of single outputs are hidden in a state file": (
        "outputs/test_scan.py::test_an_error_is_told_of_the_one_output_and_taken_back_when_it_is_over"
    ),
    "a second watch is ignored": "daemon/test_watches.py::test_a_newer_watch_takes_the_place_of_the_older",
}  # fmt: skip
"""Defect → the test that has it, below tests/."""
