"""One-page sheets: the patient's for the visit and the clinician's summary, on paper and on a screen; and an answer as a page."""
